// Makes V8's code cache of the files in dist for the Node that runs this, by running frequent commands. bin/code-cache.js uses it on Node 20; newer
// versions of Node keep a cache of their own.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { typicalUse } from './typical-use.mjs';

const file = fileURLToPath(import.meta.url);
const require = createRequire(import.meta.url);

if (process.argv[2] === undefined) typicalUse(() => ({ file: process.execPath, args: [file] }));
else {
  const { cacheFile, useCodeCache } = require('../bin/code-cache.js');
  const scripts = new Map();
  useCodeCache((filename, script) => scripts.set(filename, script));
  // A cache has the functions that have run until now. Files that several commands load are written several times; the last one counts.
  process.on('exit', () => {
    for (const [filename, script] of scripts) {
      mkdirSync(path.dirname(cacheFile(filename)), { recursive: true });
      writeFileSync(cacheFile(filename), script.createCachedData());
    }
  });
  const { createSystemIo, main, ownArgv } = require('../dist/main.js');
  const entry = path.resolve(path.dirname(file), '..', 'bin', 'zkubectl.js');
  process.argv[1] = entry;
  await main(ownArgv(entry), createSystemIo(entry));
}
