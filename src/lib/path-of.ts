/** The rules of paths of a platform. On that platform itself it is `node:path`; elsewhere, tests can ask for another's. */
import path from 'node:path';

export function pathOf(platform: NodeJS.Platform): path.PlatformPath {
  return platform === 'win32' ? path.win32 : path.posix;
}
