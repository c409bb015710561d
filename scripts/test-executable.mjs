// Builds the executable for this machine in .cache/executable/, for the tests. Does nothing when it is up to date.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './package.mjs';
import { hostTarget } from './runtimes.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dir = path.join(root, '.cache', 'executable');
const file = path.join(dir, 'zkubectl');
const stamp = path.join(dir, 'made-of');

const name = hostTarget();
if (name === undefined) {
  rmSync(dir, { recursive: true, force: true });
  console.log(`skipped: tests of the executable: ${process.platform}-${process.arch} is not supported`);
} else {
  const parts = ['bin', 'scripts', 'dist', 'dist/chunks'].flatMap(folder =>
    readdirSync(path.join(root, folder), { withFileTypes: true })
      .filter(entry => entry.isFile() && /\.m?js$/.test(entry.name))
      .map(entry => path.join(root, folder, entry.name)),
  );
  const hash = createHash('sha256');
  for (const part of parts.sort()) hash.update(part).update(readFileSync(part));
  const madeOf = `${name} ${hash.digest('hex')}\n`;
  if (!existsSync(file) || !existsSync(stamp) || readFileSync(stamp, 'utf8') !== madeOf) {
    mkdirSync(dir, { recursive: true });
    compile(name, file);
    writeFileSync(stamp, madeOf);
  }
}
