/** Keeps the long outputs of a run on disk until they are shown: 250 clusters can print gigabytes. */
import path from 'node:path';
import { writeStateFile } from '../platform/files/files.ts';
import { readOwnText } from '../platform/files/read.ts';
import type { FleetResult } from './results.ts';

/** Shorter outputs stay in memory (characters). */
const LONG = 256 * 1024;

export class OutputSpool {
  readonly #folder: string;
  #count = 0;

  /** @param folder a private folder, which lives as long as the results */
  constructor(folder: string) {
    this.#folder = folder;
  }

  /** The result, whose texts are read from disk when they are used. On a full disk, they stay in memory. */
  keep(result: FleetResult): FleetResult {
    const { stdout, stderr, ...rest } = result;
    if (stdout.length + stderr.length < LONG) return result;
    const files = { stdout: this.#fileFor('stdout'), stderr: this.#fileFor('stderr') };
    try {
      writeStateFile(files.stdout, stdout, { sync: false });
      writeStateFile(files.stderr, stderr, { sync: false });
    } catch {
      return result;
    }
    return {
      ...rest,
      get stdout() {
        return readOwnText(files.stdout) ?? '';
      },
      get stderr() {
        return readOwnText(files.stderr) ?? '';
      },
    };
  }

  #fileFor(stream: string): string {
    return path.join(this.#folder, `${++this.#count}.${stream}`);
  }
}
