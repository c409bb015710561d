/**
 * Where a kubectl command line leads, decided once: the context as it is now is copied into a kubeconfig that nobody else changes, so that a look and what
 * follows it reach the same cluster, whatever other terminals do meanwhile.
 * Rule: what is here goes away with the command; what a killed one leaves is removed a day later.
 */
import path from 'node:path';
import { verifiedCluster } from '../clusters/verified-cluster.ts';
import { copyOfContext } from '../kubeconfig/context-copy.ts';
import { clusterNameOf, type KubeconfigView } from '../kubeconfig/view.ts';
import { ensurePrivateDir, makePrivateTempDir, removeDir, writeStateFile } from '../platform/files/files.ts';
import { uniqueHex } from '../platform/files/hash.ts';
import { STATE } from '../platform/files/paths.ts';
import { listDir, statOrUndefined } from '../platform/files/stat.ts';
import type { Registry } from '../registry/registry.ts';
import { type KubectlLine, targetOverrides, valueOfFlag } from './line.ts';

export interface PinnedTarget {
  /** The cluster's alias; the host or cluster that flags of the line lead to instead. */
  readonly name: string;
  /** As the registry says it; undefined: nobody vouches for the cluster that the line leads to. */
  readonly environment: string | undefined;
  /** The kubeconfig to use. */
  readonly kubeconfig: string;
  /** A folder of the command's own. */
  readonly folder: string;
  remove(): void;
}

export interface PinSource {
  readonly stateDir: string;
  readonly now: Date;
  readonly view: KubeconfigView;
  /** The context that is meant; it is in the view. */
  readonly context: string;
  /** Asked for the environment; undefined: nobody wants to know it. */
  readonly registry: (() => Promise<Pick<Registry, 'cluster' | 'clusters'>>) | undefined;
  readonly debug: (line: string) => void;
}

const LEFT_BEHIND_MS = 24 * 3_600_000;

export async function pinTarget(source: PinSource, line: KubectlLine): Promise<PinnedTarget> {
  const { view, context } = source;
  const folder = makeFolder(source);
  const kubeconfig = path.join(folder, 'kubeconfig');
  const [server, cluster, user] = ['--server', '--cluster', '--user'].map(flag => valueOfFlag(line, flag));
  const named = (name: string | undefined) => (name === undefined ? [] : [name]);
  const copied = { clusters: named(cluster), users: named(user), isJson: true };
  const leadsElsewhere = line.hasUnknownFlag || targetOverrides(line).length > 0;
  try {
    writeStateFile(kubeconfig, await copyOfContext(view, context, kubeconfig, copied));
    const { registry, debug } = source;
    const verified = leadsElsewhere || !registry ? undefined : await verifiedCluster(view, context, registry, debug);
    return {
      // An empty flag is none to kubectl.
      name: hostOf(server) || cluster || clusterNameOf(view, context) || context,
      environment: verified?.environment,
      kubeconfig,
      folder,
      remove: () => removeDir(folder),
    };
  } catch (error) {
    removeDir(folder);
    throw error;
  }
}

/** A folder in the state folder; where that cannot be written, or its name would be taken for a list (-f), a temporary one. */
function makeFolder({ stateDir, now }: PinSource): string {
  const root = path.join(stateDir, STATE.pinned);
  try {
    if (/[,"]/.test(root)) return makePrivateTempDir();
    sweep(root, now);
    const folder = path.join(root, uniqueHex());
    ensurePrivateDir(folder);
    return folder;
  } catch {
    return makePrivateTempDir();
  }
}

/** A line with its kubeconfig replaced by the pinned one. */
export function pinned(line: KubectlLine, { kubeconfig }: Pick<PinnedTarget, 'kubeconfig'>): KubectlLine {
  const flags = line.flags.filter(flag => flag.name !== '--kubeconfig');
  return { ...line, flags: [...flags, { name: '--kubeconfig', value: kubeconfig }] };
}

/** kubectl takes an address without its scheme. */
function hostOf(server: string | undefined): string | undefined {
  if (!server) return undefined;
  const url = /^https?:\/\//i.test(server) ? server : `http://${server}`;
  return URL.canParse(url) ? new URL(url).host : server;
}

function sweep(root: string, now: Date): void {
  for (const name of listDir(root)) {
    const folder = path.join(root, name);
    const age = now.getTime() - (statOrUndefined(folder)?.mtimeMs ?? now.getTime());
    if (age > LEFT_BEHIND_MS) removeDir(folder);
  }
}
