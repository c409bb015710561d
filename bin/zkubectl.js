#!/usr/bin/env node
const { createSystemIo, finish, main } = require('../dist/main.js');

main(process.argv.slice(2), createSystemIo(__filename)).then(finish);
