// What the executables start with: the same program, without a script for Node.
const { createSystemIo, finish, main } = require('../dist/main.js');

// Of no use to whoever runs a finished program.
process.noDeprecation = true;
main(process.argv.slice(2), createSystemIo(undefined)).then(finish);
