/**
 * The guard of `delete`: a server-side dry run finds the objects, and after the confirmation they are deleted by the names shown.
 * Rule: input from a URL, and --raw, are refused, because they cannot be previewed.
 */
import { CliError } from '../errors.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import { confirmByName, type GuardWorld, placeOf } from './confirm.ts';
import { extentOf } from './guard-extent.ts';
import { pinInputs, refuseUnseen } from './inputs.ts';
import { flagsFor, hasFlag, type KubectlLine, kubectlArgs, valueOfFlag, withoutFlags } from './line.ts';
import {
  deletedObjects,
  describeObjects,
  documentsIn,
  keyOf,
  mayBeForged,
  nameIn,
  type ObjectName,
} from './objects.ts';
import type { PinnedTarget } from './pinned-target.ts';

export async function guardDelete(world: GuardWorld, line: KubectlLine, target: PinnedTarget): Promise<number> {
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  const found = await objectsToDelete(world, there, target);
  if (typeof found === 'number') return found;
  const { objects, hasMissing } = found;
  if (objects.length === 0) {
    world.say('no resources found; nothing to delete');
    return 0;
  }
  const isOrphaning = valueOfFlag(there, '--cascade') === 'orphan';
  const extent = isOrphaning ? [] : await extentOf(world, there, objects);
  for (const shown of [...describeObjects(placeOf(target), objects), ...extent]) world.say(shown);
  await confirmByName(world, target, `delete ${objects.length === 1 ? 'it' : `these ${objects.length}`}`);
  const code = await deleteByName(world, there, objects);
  return code === 0 && hasMissing ? 1 : code;
}

interface Found {
  readonly objects: readonly ObjectName[];
  /** Some named objects do not exist. kubectl's message about them was already shown. */
  readonly hasMissing: boolean;
}

/** The objects that a `delete` line would delete. An exit code if the dry run fails. */
export async function objectsToDelete(
  world: GuardWorld,
  line: KubectlLine,
  target: PinnedTarget,
): Promise<Found | number> {
  // Remove only `--output=name`. kubectl rejects every other format.
  const output = valueOfFlag(line, '--output') === 'name' ? ['--output'] : [];
  const look = [
    ...withoutFlags(line.flags, '--dry-run', '--interactive', ...output),
    { name: '--dry-run', value: 'server' },
    { name: '--interactive', value: 'false' },
  ];
  const result = await world.capture(kubectlArgs('delete', look, line.words));
  const said = result.stderr.split('\n').filter(text => text.trim() !== '');
  const objects = deletedObjects(result.stdout);
  const isMissing = (text: string) => text.startsWith('Error from server (NotFound): ');
  const hasMissing = said.some(isMissing);
  const isOnlyMissing =
    hasMissing && objects !== undefined && objects.length > 0 && said.every(t => isMissing(t) || isWarning(t));
  if (result.code !== 0 && !isOnlyMissing) return world.failed(target, result);
  if (objects === undefined) throw unreadable();
  for (const text of said) world.say(text);
  const isNamespaceSaid = objects.length === 0 || objects.some(object => object.namespace !== undefined);
  if (!mayBeForged(objects) && (isNamespaceSaid || (await saysNamespaces(world)))) return { objects, hasMissing };
  return { objects: await asGetSays(world, line, objects), hasMissing };
}

export function isWarning(text: string): boolean {
  return /^(Warning: |[WI]\d{4} )/i.test(text);
}

function unreadable(): CliError {
  return new CliError('cannot parse the dry run of kubectl delete; nothing was deleted', {
    code: 'unreadable_dry_run',
  });
}

/** The first minor version of kubectl that prints the namespace of deleted objects. */
const SAYS_NAMESPACES = 34;

async function saysNamespaces(world: GuardWorld): Promise<boolean> {
  const { stdout } = await world.capture(['version', '--client', '--output=json']);
  const minor = Number(/"minor":\s*"(\d+)/.exec(stdout)?.[1]);
  return minor >= SAYS_NAMESPACES;
}

/** Flags that select objects. */
const SELECTION = ['--selector', '--field-selector', '--all-namespaces', '--filename', '--kustomize', '--recursive'];

/** Reads the dry run's objects again with `get` in JSON. For an older kubectl without namespaces, and for names that can forge output lines. */
async function asGetSays(
  world: GuardWorld,
  line: KubectlLine,
  objects: readonly ObjectName[],
): Promise<readonly ObjectName[]> {
  const chosen = flagsFor('get', line.flags, '--ignore-not-found', '--output', '--raw');
  const flags = [...chosen, { name: '--ignore-not-found', value: undefined }, { name: '--output', value: 'json' }];
  const result = await world.capture(kubectlArgs('get', flags, line.words));
  if (exitCodeOf(result) !== 0) throw unreadable();
  const there = documentsIn(result.stdout).map(nameIn);
  const nameOf = ({ kind, name }: ObjectName) => keyOf({ kind, name, namespace: undefined });
  const wanted = new Set(objects.map(nameOf));
  const found = there.filter(object => wanted.has(nameOf(object)));
  const isSame = new Set(found.map(nameOf)).size === wanted.size;
  if (!isSame) throw unreadable();
  return [...new Map(found.map(object => [keyOf(object), object])).values()];
}

/** The maximum number of names per kubectl call. */
const BATCH = 200;

/** Deletes objects by name and namespace. Continues after a failure, as kubectl does. Stops when a signal ends kubectl. */
async function deleteByName(world: GuardWorld, line: KubectlLine, objects: readonly ObjectName[]): Promise<number> {
  const selected = withoutFlags(line.flags, ...SELECTION, '--namespace', '--raw');
  // A selected object may already be gone with its owner: kubectl ignores that.
  const isSelected = ['--selector', '--field-selector', '--all-namespaces'].some(flag => hasFlag(line, flag));
  const kept = isSelected ? [...selected, { name: '--ignore-not-found', value: undefined }] : selected;
  let code = 0;
  for (const namespace of new Set(objects.map(object => object.namespace))) {
    const names = objects.filter(o => o.namespace === namespace).map(({ kind, name }) => `${kind}/${name}`);
    const flags = namespace === undefined ? kept : [...kept, { name: '--namespace', value: namespace }];
    for (let at = 0; at < names.length; at += BATCH) {
      const ended = await world.run(kubectlArgs('delete', flags, names.slice(at, at + BATCH)));
      code ||= ended;
      if (ended >= 128) return ended;
    }
  }
  return code;
}
