/**
 * Pins the target of a kubectl command line: copies the context into a private kubeconfig, so that the preview and the command reach the same
 * cluster, even if another terminal switches the context in the meantime.
 * Rule: the folder is removed when the command ends. A folder left by a killed command is removed after a day.
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
  /** The cluster's alias, or the host or cluster from the flags --server or --cluster. */
  readonly name: string;
  /** The environment in the registry. Undefined: the target cannot be verified as a cluster of the registry. */
  readonly environment: string | undefined;
  /** The kubeconfig to use. */
  readonly kubeconfig: string;
  /** A private folder for this command. */
  readonly folder: string;
  remove(): void;
}

export interface PinSource {
  readonly stateDir: string;
  readonly now: Date;
  readonly view: KubeconfigView;
  /** The context to use; it must be in the view. */
  readonly context: string;
  /** For looking up the environment. */
  readonly registry: () => Promise<Pick<Registry, 'cluster' | 'clusters'>>;
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
    writeStateFile(kubeconfig, await copyOfContext(view, context, kubeconfig, copied), { sync: false });
    const { registry, debug } = source;
    const verified = leadsElsewhere ? undefined : await verifiedCluster(view, context, registry, debug);
    return {
      // kubectl ignores a flag with an empty value.
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

/** Makes a folder in the state folder. Uses a temporary folder if that fails or if -f would split its path (comma or quote). */
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

/** The line with the pinned kubeconfig. */
export function pinned(line: KubectlLine, { kubeconfig }: Pick<PinnedTarget, 'kubeconfig'>): KubectlLine {
  const flags = line.flags.filter(flag => flag.name !== '--kubeconfig');
  return { ...line, flags: [...flags, { name: '--kubeconfig', value: kubeconfig }] };
}

/** The host of --server. kubectl also accepts an address without a scheme. */
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
