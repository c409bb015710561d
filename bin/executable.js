// The entry point of the executables. They run the same program as bin/zkubectl.js.
const { createSystemIo, finish, main } = require('../dist/main.js');

// Deprecation warnings do not help users of the executable.
process.noDeprecation = true;
main(process.argv.slice(2), createSystemIo(undefined)).then(finish);
