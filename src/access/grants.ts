/**
 * When production access that was granted on this machine ends, for those who look without asking anybody (a prompt).
 * Rules: one small file for each cluster under `<state>/grants`; no secret in it; a damaged file counts as none. The cluster decides, not this.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { notesIn } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

export interface GrantMemory {
  save(cluster: string, expiresAt: Date): void;
  /** When the access to that cluster ends; undefined: there is none that is known. */
  find(cluster: string, now: Date): Date | undefined;
}

interface Grant {
  readonly cluster: string;
  readonly expiresAt: Date;
}

export function createGrantMemory(stateDir: string): GrantMemory {
  const notes = notesIn(path.join(stateDir, STATE.grants), parse);
  return {
    save: (cluster, expiresAt) => notes.of(cluster).write({ cluster, expiresAt: expiresAt.toISOString() }),
    find: (cluster, now) => {
      const note = notes.of(cluster);
      const grant = note.read();
      if (grant?.cluster !== cluster) return undefined;
      if (grant.expiresAt > now) return grant.expiresAt;
      note.remove();
      return undefined;
    },
  };
}

function parse(value: unknown): Grant | undefined {
  if (!isRecord(value) || typeof value['cluster'] !== 'string') return undefined;
  const expiresAt = new Date(String(value['expiresAt']));
  return Number.isNaN(expiresAt.getTime()) ? undefined : { cluster: value['cluster'], expiresAt };
}
