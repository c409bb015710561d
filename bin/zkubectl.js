#!/usr/bin/env node
const { createSystemIo, finish, main, ownArgv } = require('../dist/main.js');

main(ownArgv(__filename), createSystemIo(__filename)).then(finish);
