/**
 * Finds the kubectl to run: the configured path, else PATH, else the pinned version from the mirror.
 * Rule: never from the current directory or a relative PATH entry, and never zkubectl itself.
 */
import path from 'node:path';
import { UsageError } from '../errors.ts';
import { findOnPath, isOurselves } from '../platform/files/path-search.ts';
import { isExecutableFile } from '../platform/files/stat.ts';
import type { KubectlIo, KubectlSettings } from './settings.ts';

/** The absolute path of kubectl. Throws UnreachableError (6) when it is not found and cannot be downloaded. */
export async function findKubectl(io: KubectlIo, settings: KubectlSettings): Promise<string> {
  if (settings.path !== undefined) {
    const wanted = path.isAbsolute(settings.path) ? settings.path : findOnPath(io, settings.path);
    if (wanted !== undefined && isExecutableFile(wanted) && !isOurselves(io, wanted)) return wanted;
    throw new UsageError(`kubectl.path is not an executable kubectl: ${settings.path}`, {
      code: 'bad_kubectl_path',
      hint: 'zkubectl configure kubectl.path=/path/to/kubectl, or unset it to use PATH',
    });
  }
  const onPath = findOnPath(io, 'kubectl');
  if (onPath !== undefined) return onPath;
  const { downloadedKubectl } = await import('./download.ts');
  return downloadedKubectl(io, settings);
}
