// The entry point of the executables. They run the same program as bin/zkubectl.js.
const { createSystemIo, finish, main, ownArgv } = require('../dist/main.js');

// Deprecation warnings do not help users of the executable.
process.noDeprecation = true;
// scripts/package.mjs puts the platform's library there. The loader `file` makes this a path.
const keyringLibrary = require('../dist/keyring.library');

main(ownArgv(undefined), createSystemIo(undefined, keyringLibrary)).then(finish);
