// The entry point of the executables. They run the same program as bin/zkubectl.js.
const { createSystemIo, finish, main, ownArgv } = require('../dist/main.js');

// Deprecation warnings do not help users of the executable.
process.noDeprecation = true;
main(ownArgv(undefined), createSystemIo(undefined)).then(finish);
