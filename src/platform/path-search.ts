/** Finding executables. */
import path from 'node:path';
import { isExecutableFile, realPath } from './files.ts';
import type { Io } from './io.ts';

/** Executables of a name on PATH, in the shell's order. Relative and empty entries are passed over. */
export function* executablesOnPath(io: Pick<Io, 'env' | 'platform'>, name: string): Generator<string> {
  const windows = io.platform === 'win32';
  const list = io.env['PATH'] ?? io.env['Path'] ?? '';
  for (const dir of list.split(windows ? ';' : ':')) {
    if (!path.isAbsolute(dir)) continue;
    const file = path.join(dir, windows ? `${name}.exe` : name);
    if (isExecutableFile(file)) yield file;
  }
}

/** The first executable of a name on PATH that is not this program itself. */
export function findOnPath(io: Pick<Io, 'env' | 'platform' | 'self'>, name: string): string | undefined {
  for (const file of executablesOnPath(io, name)) if (!isOurselves(io, file)) return file;
  return undefined;
}

/** Is this file, links followed, the program that is running? */
export function isOurselves(io: Pick<Io, 'self'>, file: string): boolean {
  const real = realPath(file);
  const own = [io.self.file, ...io.self.args].map(part => realPath(part)).filter(part => part !== undefined);
  // With `node script` the first is Node, which is nobody's kubectl either.
  return real !== undefined && own.includes(real);
}
