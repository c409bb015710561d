/**
 * Finds the files of the kubeconfig, and the file that a change is written to, by client-go's rules (tools/clientcmd, loader.go and config.go).
 */
import { messageOf, systemErrorCode, UsageError } from '../errors.ts';
import { pathOf } from '../lib/path-of.ts';
import { readText } from '../platform/files/read.ts';
import { exists } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';

export interface KubeconfigFiles {
  /** In loading order: the first file that sets a value wins. */
  readonly files: readonly string[];
  /** True: set by --kubeconfig; only this file is used. */
  readonly explicit: boolean;
}

export function kubeconfigFiles(io: Pick<Io, 'env' | 'home' | 'cwd' | 'platform'>, explicit?: string): KubeconfigFiles {
  const path = pathOf(io.platform);
  if (explicit) return { files: [path.resolve(io.cwd, explicit)], explicit: true };
  const list = io.env['KUBECONFIG'];
  if (list) {
    const files = list
      .split(path.delimiter)
      .filter(Boolean)
      .map(file => path.resolve(io.cwd, file));
    if (files.length > 0) return { files: [...new Set(files)], explicit: false };
  }
  return { files: [path.join(io.home, '.kube', 'config')], explicit: false };
}

/** The file for new entries and `current-context`: the first existing file of the list, else the last. */
export function defaultFile(files: KubeconfigFiles): string {
  const fallback = files.files.at(-1);
  if (fallback === undefined) throw new Error('an empty list of kubeconfig files');
  return files.files.find(exists) ?? fallback;
}

const MAX_KUBECONFIG_BYTES = 64 * 1024 * 1024;

/** The text of a kubeconfig. Undefined: the file does not exist. Throws UsageError (2) when it cannot be read. */
export function readKubeconfig(file: string): string | undefined {
  try {
    return readText(file, MAX_KUBECONFIG_BYTES, true);
  } catch (error) {
    throw new UsageError(`cannot read the kubeconfig: ${messageOf(error)}`, {
      code: `bad_kubeconfig_${(systemErrorCode(error) ?? 'error').toLowerCase()}`,
      cause: error,
      hint: 'use another: --kubeconfig FILE',
    });
  }
}
