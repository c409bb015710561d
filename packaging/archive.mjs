// Archives of a folder. They have no links, which krew refuses. They are the same, byte for byte, whenever they are made of the same files.
import { createWriteStream, statSync } from 'node:fs';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import * as tar from 'tar';
import yazl from 'yazl';

/** Packs files of a folder, in the given order. @param epoch the time of all files (seconds since 1970). @param level of gzip and zip: 1 (fast) to 9 (small) */
export async function pack(file, { tree, files, epoch, level }) {
  const mtime = new Date(epoch * 1000);
  if (!file.endsWith('.zip')) {
    await tar.create({ file, cwd: tree, gzip: { level }, portable: true, noDirRecurse: true, mtime }, files);
    return;
  }
  const zip = new yazl.ZipFile();
  for (const name of files) {
    const source = path.join(tree, name);
    zip.addFile(source, name, { mtime, mode: statSync(source).mode, forceDosTimestamp: true, compressionLevel: level });
  }
  zip.end();
  await pipeline(zip.outputStream, createWriteStream(file));
}
