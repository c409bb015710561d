/** Finding executables. */
import { pathOf } from '../../lib/path-of.ts';
import type { Io } from '../io.ts';
import { isExecutableFile, listDir, realPath } from './stat.ts';

/** The executables with this name on PATH, in PATH order. Relative and empty PATH entries are skipped. */
export function* executablesOnPath(
  io: Pick<Io, 'env' | 'platform'>,
  name: string,
  extensions: readonly string[] = ['.exe'],
): Generator<string> {
  const windows = io.platform === 'win32';
  const path = pathOf(io.platform);
  const list = io.env['PATH'] ?? io.env['Path'] ?? '';
  for (const dir of list.split(path.delimiter)) {
    if (!path.isAbsolute(dir)) continue;
    const files = windows ? extensions.map(extension => `${name}${extension}`) : [name];
    for (const file of files.map(f => path.join(dir, f))) if (isExecutableFile(file)) yield file;
  }
}

/** All executables on PATH with a matching name, in PATH order. Skips relative and empty PATH entries, and links to zkubectl. */
export function listExecutables(
  io: Pick<Io, 'env' | 'platform' | 'self'>,
  pattern: RegExp,
): { name: string; file: string }[] {
  const windows = io.platform === 'win32';
  const path = pathOf(io.platform);
  const dirs = (io.env['PATH'] ?? io.env['Path'] ?? '').split(path.delimiter).filter(dir => path.isAbsolute(dir));
  return [...new Set(dirs)].flatMap(dir =>
    safeList(dir)
      .filter(name => pattern.test(name))
      .map(name => ({ name: windows ? name.replace(/\.(exe|cmd|bat)$/i, '') : name, file: path.join(dir, name) }))
      .filter(({ file }) => isExecutableFile(file) && !isOurselves(io, file)),
  );
}

function safeList(dir: string): string[] {
  try {
    return listDir(dir).sort();
  } catch {
    // Skip a folder that cannot be read.
    return [];
  }
}

/** The first executable with this name on PATH that is not zkubectl itself. @param extensions file name extensions to try on Windows */
export function findOnPath(
  io: Pick<Io, 'env' | 'platform' | 'self'>,
  name: string,
  extensions?: readonly string[],
): string | undefined {
  for (const file of executablesOnPath(io, name, extensions)) if (!isOurselves(io, file)) return file;
  return undefined;
}

/** Is this file the running program? Symlinks are followed. */
export function isOurselves(io: Pick<Io, 'self'>, file: string): boolean {
  const real = realPath(file);
  const own = [io.self.file, ...io.self.args].map(part => realPath(part)).filter(part => part !== undefined);
  // After `node script`, the list also contains Node, which is never a kubectl.
  return real !== undefined && own.includes(real);
}
