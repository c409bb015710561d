/** What is known of files and folders without reading them. */
import fs from 'node:fs';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';

/** Follows symlinks to the path a write must replace, also where the last link points to nothing yet. */
export function resolveLinks(file: string): string {
  let current = path.resolve(file);
  for (let hops = 0; hops < 40; hops++) {
    let link: string;
    try {
      link = fs.readlinkSync(current);
    } catch {
      break;
    }
    current = path.resolve(path.dirname(current), link);
  }
  try {
    return path.join(fs.realpathSync(path.dirname(current)), path.basename(current));
  } catch {
    return current;
  }
}

export function statOrUndefined(file: string): fs.Stats | undefined {
  try {
    return fs.statSync(file, { throwIfNoEntry: false });
  } catch (error) {
    if (systemErrorCode(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

export function exists(file: string): boolean {
  return statOrUndefined(file) !== undefined;
}

/** May this process write a file that is there? */
export function isWritable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** A file that this process may execute. */
export function isExecutableFile(file: string): boolean {
  try {
    if (!fs.statSync(file).isFile()) return false;
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path with every link followed, or undefined when it does not exist. */
export function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/** Names a state of a file: another after each change of it. Undefined: there is none. */
export function fileStamp(file: string): string | undefined {
  const stat = statOrUndefined(file);
  return stat && `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/** Is it a folder itself, and not a link to one? */
export function isFolder(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Names in a folder; empty when there is none. */
export function listDir(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
