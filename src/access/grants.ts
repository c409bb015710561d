/**
 * When production access that was granted on this machine ends, for those who look without asking anybody (a prompt).
 * Rules: one small file for each cluster under `<state>/grants`; no secret in it; a damaged file counts as none. The cluster decides, not this.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { removeFile, writePrivate } from '../platform/files/files.ts';
import { nameFor } from '../platform/files/hash.ts';
import { readOwnText } from '../platform/files/read.ts';

export interface GrantMemory {
  save(cluster: string, expiresAt: Date): void;
  /** When the access to that cluster ends; undefined: there is none that is known. */
  find(cluster: string, now: Date): Date | undefined;
}

export function createGrantMemory(stateDir: string): GrantMemory {
  const fileOf = (cluster: string) => path.join(stateDir, 'grants', `${nameFor(cluster)}.json`);
  return {
    save: (cluster, expiresAt) =>
      writePrivate(fileOf(cluster), `${JSON.stringify({ cluster, expiresAt: expiresAt.toISOString() })}\n`),
    find: (cluster, now) => {
      const file = fileOf(cluster);
      const expiresAt = parse(file, cluster);
      if (expiresAt === undefined) return undefined;
      if (expiresAt > now) return expiresAt;
      removeFile(file);
      return undefined;
    },
  };
}

function parse(file: string, cluster: string): Date | undefined {
  try {
    const value: unknown = JSON.parse(readOwnText(file, 64 * 1024) ?? '');
    const time = isRecord(value) && value['cluster'] === cluster ? new Date(String(value['expiresAt'])) : undefined;
    return time === undefined || Number.isNaN(time.getTime()) ? undefined : time;
  } catch {
    return undefined;
  }
}
