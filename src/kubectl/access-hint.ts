/**
 * After a Forbidden error of kubectl on production: says how to get access, once an hour per cluster, and again when the situation is another one.
 * Rule: nothing is looked up if access.url is not set.
 */
import path from 'node:path';
import { createGrantMemory } from '../access/grants.ts';
import { createOpenRequests } from '../access/open-requests.ts';
import { isGuarded } from '../clusters/guarded.ts';
import { messageOf } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { formatSpan } from '../lib/time.ts';
import { notesIn } from '../platform/files/notes.ts';
import { type Paths, STATE } from '../platform/files/paths.ts';
import type { Io } from '../platform/io.ts';
import type { Cluster } from '../registry/cluster.ts';

/** RBAC's own text (k8s.io/apiserver, authorization errors). Other 403s, such as quota or PodSecurity, are not cured by access. */
const FORBIDDEN = /User "[^"\n]*" cannot [\w-]+ (resource|path) "/;
const HOUR_MS = 3_600_000;

/** The dependencies of the hint. */
export interface HintWorld {
  readonly io: Pick<Io, 'now'>;
  readonly paths: Pick<Paths, 'state'>;
  readonly messages: { debug(line: string): void; hint(line: string): void };
  config(): Promise<{ text(key: 'access.url'): string | undefined }>;
  knownCluster(name: string): Promise<Pick<Cluster, 'alias' | 'environment'> | undefined>;
}

/**
 * Shows the hint after a finished kubectl.
 * @param clusterName resolves to undefined when the line does not use a context's own server and user
 */
export async function hintAfterForbidden(
  ctx: HintWorld,
  clusterName: () => Promise<string | undefined>,
  stderr: string,
): Promise<void> {
  if (FORBIDDEN.test(stderr)) await hintAccess(ctx, clusterName);
}

/** The same when it is known that RBAC forbids the request. */
export async function hintAccess(ctx: HintWorld, clusterName: () => Promise<string | undefined>): Promise<void> {
  try {
    const url = (await ctx.config()).text('access.url');
    const name = url === undefined ? undefined : await clusterName();
    const known = name === undefined ? undefined : await ctx.knownCluster(name);
    if (url === undefined || known === undefined || !isGuarded(known.environment)) return;
    const situation = situationOf(ctx, url, known.alias);
    if (situation && isNew(ctx, known.alias, situation.id)) for (const line of situation.hints) ctx.messages.hint(line);
  } catch (error) {
    ctx.messages.debug(`no access hint: ${messageOf(error)}`);
  }
}

interface Situation {
  /** A hint is repeated within an hour only in another situation. */
  readonly id: string;
  readonly hints: readonly string[];
}

/** Undefined: a grant is active, so access is not what is missing. */
function situationOf({ io, paths }: HintWorld, url: string, alias: string): Situation | undefined {
  const grants = createGrantMemory(paths.state);
  if (grants.find(alias, io.now()) !== undefined) return undefined;
  const request = `request access to ${alias}: zkubectl cluster-access request --cluster ${alias} REASON; in an incident: zkubectl emergency -i INCIDENT --cluster ${alias} REASON`;
  const open = createOpenRequests(paths.state, url)
    .all(io.now())
    .find(({ cluster }) => cluster === alias);
  if (open)
    return {
      id: `open ${open.requestKey}`,
      hints: [
        `your request ${open.requestKey} for ${alias} was not approved yet; a colleague approves it with: zkubectl cluster-access approve ${open.requestKey}`,
      ],
    };
  const ended = grants.ended(alias, io.now());
  if (ended === undefined) return { id: 'none', hints: [request] };
  const ago = formatSpan(io.now().getTime() - ended.getTime());
  return { id: `ended ${ended.toISOString()}`, hints: [`your access to ${alias} ended ${ago} ago`, request] };
}

function isNew(ctx: HintWorld, alias: string, situation: string): boolean {
  const note = notesIn(path.join(ctx.paths.state, STATE.hints), parse).of(alias);
  const last = note.read();
  const age = ctx.io.now().getTime() - (last?.shownAt.getTime() ?? 0);
  if (last?.situation === situation && age >= 0 && age < HOUR_MS) return false;
  // If it cannot be written, the hint may appear again within the hour.
  note.tryWrite({ situation, shownAt: ctx.io.now().toISOString() });
  return true;
}

function parse(value: unknown): { situation: string; shownAt: Date } | undefined {
  if (!isRecord(value) || typeof value['situation'] !== 'string') return undefined;
  const shownAt = new Date(String(value['shownAt']));
  return Number.isNaN(shownAt.getTime()) ? undefined : { situation: value['situation'], shownAt };
}
