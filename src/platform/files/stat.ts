/** Reads metadata of files and folders. */
import fs from 'node:fs';
import path from 'node:path';
import { systemErrorCode } from '../../errors.ts';

/** Follows symlinks to the path that a write must replace. The last link may point to a missing file. */
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

/** Can this process write this existing file? */
export function isWritable(file: string): boolean {
  try {
    fs.accessSync(file, fs.constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/** Is this a file that this process can execute? */
export function isExecutableFile(file: string): boolean {
  try {
    if (!fs.statSync(file).isFile()) return false;
    fs.accessSync(file, fs.constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** The path with all symlinks resolved. Undefined when it does not exist. */
export function realPath(file: string): string | undefined {
  try {
    return fs.realpathSync(file);
  } catch {
    return undefined;
  }
}

/** A string that changes whenever the file changes. Undefined: the file does not exist. */
export function fileStamp(file: string): string | undefined {
  const stat = statOrUndefined(file);
  return stat && `${stat.mtimeMs} ${stat.size} ${stat.ino}`;
}

/** Is this a folder? A symlink to a folder is not. */
export function isFolder(file: string): boolean {
  return fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** The names in a folder. Empty when the folder does not exist. */
export function listDir(dir: string): string[] {
  try {
    return fs.readdirSync(dir);
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return [];
    throw error;
  }
}
