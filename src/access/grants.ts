/**
 * Stores when granted production access ends, so that callers such as the shell prompt need no network request.
 * Rules: one small file per cluster under `<state>/grants`, no secrets. A damaged file counts as absent. The cluster enforces access, not this file.
 */
import path from 'node:path';
import { isRecord } from '../lib/json.ts';
import { notesIn } from '../platform/files/notes.ts';
import { STATE } from '../platform/files/paths.ts';

const DAY_MS = 86_400_000;

export interface GrantMemory {
  /** An end that is more than a day away is kept as a day: a wrong one must not stand in the way of the next request. */
  save(cluster: string, expiresAt: Date, now: Date, about?: GrantAbout): void;
  /** When access to the cluster ends. Undefined: no active grant is known. */
  find(cluster: string, now: Date): Date | undefined;
  /** The request and incident of the access in force. Undefined: no active grant is known. */
  grant(cluster: string, now: Date): GrantAbout | undefined;
  /** When the last access ended, at most a day ago. */
  ended(cluster: string, now: Date): Date | undefined;
}

export interface GrantAbout {
  /** The key of the request. */
  readonly request: string | undefined;
  /** The incident's URL. */
  readonly incident: string | undefined;
}

interface Grant extends GrantAbout {
  readonly cluster: string;
  readonly expiresAt: Date;
}

export function createGrantMemory(stateDir: string): GrantMemory {
  const notes = notesIn(path.join(stateDir, STATE.grants), parse);
  const read = (cluster: string): Grant | undefined => {
    const grant = notes.of(cluster).read();
    return grant?.cluster === cluster ? grant : undefined;
  };
  const endOf = (cluster: string) => read(cluster)?.expiresAt;
  return {
    save: (cluster, expiresAt, now, about) => {
      const end = new Date(Math.min(expiresAt.getTime(), now.getTime() + DAY_MS));
      // Grants overlap: a later one never shortens the access.
      const before = endOf(cluster);
      if (before === undefined || before <= end)
        notes.of(cluster).write({ cluster, expiresAt: end.toISOString(), ...about });
    },
    grant: (cluster, now) => {
      const grant = read(cluster);
      return grant && grant.expiresAt > now ? grant : undefined;
    },
    find: (cluster, now) => {
      const end = endOf(cluster);
      return end && end > now ? end : undefined;
    },
    ended: (cluster, now) => {
      const end = endOf(cluster);
      return end && end <= now && now.getTime() - end.getTime() < DAY_MS ? end : undefined;
    },
  };
}

function parse(value: unknown): Grant | undefined {
  if (!isRecord(value) || typeof value['cluster'] !== 'string') return undefined;
  const expiresAt = new Date(String(value['expiresAt']));
  if (Number.isNaN(expiresAt.getTime())) return undefined;
  const text = (field: string) => (typeof value[field] === 'string' ? String(value[field]) : undefined);
  return { cluster: value['cluster'], expiresAt, request: text('request'), incident: text('incident') };
}
