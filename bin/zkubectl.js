#!/usr/bin/env node
require('./code-cache.js').useCodeCache();
// A deprecation in a library is nothing that a user can act on.
process.noDeprecation = true;
const { createSystemIo, finish, main, ownArgv } = require('../dist/main.js');

main(ownArgv(__filename), createSystemIo(__filename)).then(finish);
