/**
 * After a Forbidden error of kubectl on production: shows one hint on how to request access, at most once an hour per cluster.
 * Rules: nothing is looked up if access.url is not set. Interactive kubectl commands keep the terminal. kubectl's stderr is passed on unchanged.
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
  kubeconfigAt(file: string | undefined): { load(): Promise<KubeconfigView> };
}

export interface ForbiddenWatch {
  /** Called with each chunk of kubectl's stderr. */
  readonly onStderr: (text: string) => void;
  /** Shows the hint if needed. */
  readonly end: () => void;
}

/** Watches a kubectl command line. Undefined: no hint is possible. */
export async function watchForbidden(ctx: HintWorld, args: readonly string[]): Promise<ForbiddenWatch | undefined> {
  const alias = await productionAlias(ctx, async () => {
    const line = parseKubectlLine(args);
    // --edit opens an editor, which needs the terminal.
    if (targetOverrides(line).length > 0 || hasFlag(line, '--edit')) return undefined;
    const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
    return clusterNameOf(view, valueOfFlag(line, '--context') ?? view.currentContext);
  });
  if (alias === undefined) return undefined;
  let text = '';
  return {
    onStderr: more => {
      // Keep only the end. A line can arrive in several chunks.
      text = (text + more).slice(-100_000);
    },
    end: () => {
      if (FORBIDDEN.test(text)) hint(ctx, alias);
    },
  };
}

/** Shows the hint after a finished kubectl. */
export async function hintAfter(ctx: HintWorld, clusterName: string, stderr: string): Promise<void> {
  if (!FORBIDDEN.test(stderr)) return;
  const alias = await productionAlias(ctx, async () => clusterName);
  if (alias !== undefined) hint(ctx, alias);
}

/** Returns the alias if access.url is set, the cluster is known and guarded, and no active grant is known. */
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
    ctx.messages.debug(`no access hint: ${messageOf(error)}`);
    return undefined;
  }
}

function hint(ctx: HintWorld, alias: string): void {
  if (!isDue(ctx, alias)) return;
  ctx.messages.hint(
    `request access to ${alias}: zkubectl cluster-access request --cluster ${alias} REASON; in an incident: zkubectl emergency -i INCIDENT --cluster ${alias} REASON`,
  );
}

function isDue(ctx: HintWorld, alias: string): boolean {
  const file = path.join(ctx.paths.state, STATE.hints, fileNameFor(alias));
  const age = ctx.io.now().getTime() - (statOrUndefined(file)?.mtimeMs ?? 0);
  if (age >= 0 && age < HOUR_MS) return false;
  try {
    writeStateFile(file, `${alias}\n`);
  } catch {
    // Ignored: the hint may then appear again within the hour.
  }
  return true;
}
