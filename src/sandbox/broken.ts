/** Clusters of the sandbox that do not work, to practise with: unreachable, slow, or refusing. */
import type { IncomingMessage, ServerResponse } from 'node:http';

const KINDS = ['unreachable', 'slow', 'unauthorized', 'forbidden'] as const;
export type Breakage = (typeof KINDS)[number];

/** The first clusters, which the docs use, always work. */
const ALWAYS_WORK = 4;
/** How long a slow cluster takes to answer (milliseconds). */
const SLOW_MS = 45_000;

/** The broken clusters: the last ones, each kind in turn. */
export function brokenClusters(aliases: readonly string[], count: number): ReadonlyMap<string, Breakage> {
  const candidates = aliases.slice(ALWAYS_WORK).reverse().slice(0, count);
  return new Map(candidates.map((alias, index) => [alias, KINDS[index % KINDS.length] ?? 'unreachable']));
}

/** Answers for a broken cluster. Resolves to false after a slow cluster's delay: the caller then answers. */
export async function answerBroken(
  kind: Breakage,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  if (kind === 'slow') {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, SLOW_MS);
      timer.unref();
      request.once('close', () => clearTimeout(timer));
    });
    return false;
  }
  const [code, reason, message] =
    kind === 'unauthorized'
      ? ([401, 'Unauthorized', 'Unauthorized'] as const)
      : ([403, 'Forbidden', 'forbidden: User "alice@example.org" cannot get path "/": the cluster is broken'] as const);
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code }),
  );
  return true;
}
