/** What goes with an object that is deleted: the content of a namespace, the objects of a CustomResourceDefinition, the pods of a workload. */
import { recordAt } from '../lib/json.ts';
import type { GuardWorld } from './confirm.ts';
import { flagsFor, type KubectlLine, kubectlArgs } from './line.ts';
import { documentsIn, type ObjectName } from './objects.ts';

/** At most this many objects are previewed in this way; the others are said to be not counted. */
const MOST = 10;
/** What is counted in a namespace. */
const IN_NAMESPACE =
  'deployments.apps,statefulsets.apps,daemonsets.apps,cronjobs.batch,jobs.batch,pods,services,ingresses.networking.k8s.io,configmaps,persistentvolumeclaims';
const NAMESPACE = 'namespace';
const CRD = 'customresourcedefinition.apiextensions.k8s.io';
const WORKLOAD = /^(deployment|statefulset|replicaset|daemonset)\.apps$|^replicationcontroller$/;

/** One line for each object whose deletion deletes more. A failed count does not reject: the line says so. */
export async function extentOf(
  world: Pick<GuardWorld, 'capture'>,
  line: KubectlLine,
  objects: readonly ObjectName[],
): Promise<string[]> {
  const flags = flagsFor('get', line.flags, ...CHOICE);
  const get = (words: readonly string[], more: readonly string[]) =>
    world.capture([...kubectlArgs('get', flags, words), ...more]);
  // What has the most with it comes first.
  const owners = [
    ...objects.filter(({ kind }) => kind === NAMESPACE || kind === CRD),
    ...objects.filter(({ kind, namespace }) => WORKLOAD.test(kind) && namespace !== undefined),
  ];
  const lines = [];
  for (const object of owners.slice(0, MOST)) {
    const text = await goesWith(get, object);
    if (text !== undefined) lines.push(`  ${object.kind}/${object.name} also deletes: ${text}`);
  }
  const others = owners.length - MOST;
  if (others > 0) lines.push(`  not counted: what ${others} more of these objects also delete`);
  return lines;
}

const CHOICE = [
  '--selector',
  '--field-selector',
  '--filename',
  '--recursive',
  '--kustomize',
  '--all-namespaces',
  '--namespace',
  '--output',
  '--raw',
  '--ignore-not-found',
];

type Get = (words: readonly string[], more: readonly string[]) => ReturnType<GuardWorld['capture']>;

async function goesWith(get: Get, { kind, name, namespace }: ObjectName): Promise<string | undefined> {
  if (kind === NAMESPACE) {
    const { stdout } = await get([IN_NAMESPACE], ['-n', name, '-o', 'name', '--ignore-not-found']);
    return counted(stdout) || 'no objects that zkubectl can count';
  }
  if (kind === CRD) {
    const { code, stdout } = await get([name], ['-A', '-o', 'name', '--ignore-not-found']);
    return code === 0 ? counted(stdout) || 'no objects' : 'an unknown number of objects';
  }
  const { code, stdout } = await get([`${kind}/${name}`], ['-n', namespace ?? '', '--output=json']);
  const pods = code === 0 ? podsIn(stdout) : undefined;
  if (pods === undefined) return 'an unknown number of pods';
  return pods === 0 ? undefined : pods === 1 ? '1 pod' : `${pods} pods`;
}

/** Undefined: not the JSON of a workload. */
function podsIn(stdout: string): number | undefined {
  try {
    const { replicas, currentNumberScheduled } = recordAt(documentsIn(stdout)[0], 'status');
    return Number(replicas ?? currentNumberScheduled ?? 0);
  } catch {
    return undefined;
  }
}

/** `3 × pod, 1 × service`, from the output of `get -o name`. */
function counted(stdout: string): string {
  const counts = new Map<string, number>();
  for (const line of stdout.split('\n').filter(Boolean)) {
    const kind = line.split('/')[0] ?? '';
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return [...counts].map(([kind, count]) => `${count} × ${kind}`).join(', ');
}
