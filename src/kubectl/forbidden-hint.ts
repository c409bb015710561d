/**
 * After kubectl was told Forbidden on production: one line that says how to get access, once an hour for each cluster at most.
 * Rules: nothing is looked up where access cannot be asked for; kubectl keeps the terminal where a person types into it; what it says passes byte for byte.
 */

import path from 'node:path';
import { createGrantMemory } from '../access/grants.ts';
import { isGuarded } from '../clusters/guarded.ts';
import { messageOf } from '../errors.ts';
import { clusterNameOf, type KubeconfigView } from '../kubeconfig/view.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { fileNameFor } from '../platform/files/hash.ts';
import { type Paths, STATE } from '../platform/files/paths.ts';
import { statOrUndefined } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';
import type { Cluster } from '../registry/cluster.ts';
import { hasFlag, parseKubectlLine, targetOverrides, valueOfFlag } from './line.ts';

const FORBIDDEN = /^Error from server \(Forbidden\)/m;
const HOUR_MS = 3_600_000;

/** What the hint is made from. */
export interface HintWorld {
  readonly io: Pick<Io, 'now'>;
  readonly paths: Pick<Paths, 'state'>;
  readonly messages: { debug(line: string): void; hint(line: string): void };
  config(): Promise<{ text(key: 'access.url'): string | undefined }>;
  knownCluster(name: string): Promise<Pick<Cluster, 'alias' | 'environment'> | undefined>;
  kubeconfigAt(file: string | undefined): { load(): Promise<KubeconfigView> };
}

export interface ForbiddenWatch {
  /** Told of kubectl's stderr as it comes. */
  readonly onStderr: (text: string) => void;
  /** Gives the hint, where it is due. */
  readonly end: (exitCode: number) => void;
}

/** For a command line of kubectl's. Undefined: there is nothing to watch for. */
export async function watchForbidden(ctx: HintWorld, args: readonly string[]): Promise<ForbiddenWatch | undefined> {
  const alias = await productionAlias(ctx, async () => {
    const line = parseKubectlLine(args);
    // An editor has the terminal.
    if (targetOverrides(line).length > 0 || hasFlag(line, '--edit')) return undefined;
    const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
    return clusterNameOf(view, valueOfFlag(line, '--context') ?? view.currentContext);
  });
  if (alias === undefined) return undefined;
  let text = '';
  return {
    onStderr: more => {
      // The newest is what counts, and a line may come in pieces.
      text = (text + more).slice(-100_000);
    },
    end: exitCode => {
      if (isForbidden(exitCode, text)) hint(ctx, alias);
    },
  };
}

/** For a kubectl that has ended, on a cluster of this name. */
export async function hintAfter(ctx: HintWorld, clusterName: string, exitCode: number, stderr: string): Promise<void> {
  if (!isForbidden(exitCode, stderr)) return;
  const alias = await productionAlias(ctx, async () => clusterName);
  if (alias !== undefined) hint(ctx, alias);
}

function isForbidden(exitCode: number, stderr: string): boolean {
  return exitCode === 1 && FORBIDDEN.test(stderr);
}

/** The cluster's alias where access can be asked for, it is known to be production, and no access is known of. */
async function productionAlias(
  ctx: HintWorld,
  clusterName: () => Promise<string | undefined>,
): Promise<string | undefined> {
  try {
    if ((await ctx.config()).text('access.url') === undefined) return undefined;
    const name = await clusterName();
    const known = name === undefined ? undefined : await ctx.knownCluster(name);
    if (known === undefined || !isGuarded(known.environment)) return undefined;
    return createGrantMemory(ctx.paths.state).find(known.alias, ctx.io.now()) === undefined ? known.alias : undefined;
  } catch (error) {
    ctx.messages.debug(`no hint of access: ${messageOf(error)}`);
    return undefined;
  }
}

function hint(ctx: HintWorld, alias: string): void {
  if (!isDue(ctx, alias)) return;
  ctx.messages.hint(
    `for access to ${alias}: zkubectl cluster-access request --cluster ${alias} REASON; in an incident: zkubectl emergency -i INCIDENT --cluster ${alias} REASON`,
  );
}

function isDue(ctx: HintWorld, alias: string): boolean {
  const file = path.join(ctx.paths.state, STATE.hints, fileNameFor(alias));
  const age = ctx.io.now().getTime() - (statOrUndefined(file)?.mtimeMs ?? 0);
  if (age >= 0 && age < HOUR_MS) return false;
  try {
    writeStateFile(file, `${alias}\n`);
  } catch {
    // It is said once more.
  }
  return true;
}
