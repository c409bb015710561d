/**
 * The guard of `delete`: what would go is found by a server-side dry run, and then deleted by the names that were shown.
 * Rule: what comes from stdin or an address, and --raw, cannot be shown first: it is refused.
 */
import { CliError } from '../errors.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import { confirmByName, type GuardWorld, placeOf } from './confirm.ts';
import { refuseUnseen } from './inputs.ts';
import { hasFlag, type KubectlLine, kubectlArgs, valueOfFlag, withoutFlags } from './line.ts';
import { deletedObjects, describeObjects, keyOf, mayBeForged, type ObjectName, objectsInJson } from './objects.ts';
import type { PinnedTarget } from './pinned-target.ts';

export async function guardDelete(world: GuardWorld, line: KubectlLine, target: PinnedTarget): Promise<number> {
  refuseUnseen('delete', line);
  const found = await objectsToDelete(world, line, target);
  if (typeof found === 'number') return found;
  const { objects, hasMissing } = found;
  if (objects.length === 0) {
    world.say('nothing matches: nothing to delete');
    return 0;
  }
  for (const shown of describeObjects(placeOf(target), objects)) world.say(shown);
  await confirmByName(world, target, `delete ${objects.length === 1 ? 'it' : `these ${objects.length}`}`);
  const code = await deleteByName(world, line, objects);
  return code === 0 && hasMissing ? 1 : code;
}

interface Found {
  readonly objects: readonly ObjectName[];
  /** Some that were named are not there; that has been said. */
  readonly hasMissing: boolean;
}

/** What a line of `delete` would delete; an exit code where the dry run fails. */
export async function objectsToDelete(
  world: GuardWorld,
  line: KubectlLine,
  target: PinnedTarget,
): Promise<Found | number> {
  // Another format than `name` is for kubectl to refuse.
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

function isWarning(text: string): boolean {
  return /^(Warning: |[WI]\d{4} )/i.test(text);
}

function unreadable(): CliError {
  return new CliError('what kubectl says would go cannot be read: nothing was deleted', { code: 'unreadable_dry_run' });
}

/** The first kubectl that says from which namespace something is deleted. */
const SAYS_NAMESPACES = 34;

async function saysNamespaces(world: GuardWorld): Promise<boolean> {
  const { stdout } = await world.capture(['version', '--client', '--output=json']);
  const minor = Number(/"minor":\s*"(\d+)/.exec(stdout)?.[1]);
  return minor >= SAYS_NAMESPACES;
}

/** Flags that choose objects. */
const SELECTION = ['--selector', '--field-selector', '--all-namespaces', '--filename', '--kustomize', '--recursive'];

/** The objects as `get` says them, in JSON: of the very names that the dry run has said. For an older kubectl, and for names that may be forged. */
async function asGetSays(
  world: GuardWorld,
  line: KubectlLine,
  objects: readonly ObjectName[],
): Promise<readonly ObjectName[]> {
  const chosen = withoutFlags(line.flags, ...deleteFlags(line));
  const flags = [...chosen, { name: '--ignore-not-found', value: undefined }, { name: '--output', value: 'json' }];
  const result = await world.capture(kubectlArgs('get', flags, line.words));
  if (exitCodeOf(result) !== 0) throw unreadable();
  const there = objectsInJson(result.stdout).flat();
  const nameOf = ({ kind, name }: ObjectName) => keyOf({ kind, name, namespace: undefined });
  const wanted = new Set(objects.map(nameOf));
  const found = there.filter(object => wanted.has(nameOf(object)));
  const isSame = new Set(found.map(nameOf)).size === wanted.size;
  if (!isSame) throw unreadable();
  return [...new Map(found.map(object => [keyOf(object), object])).values()];
}

/** The flags of a line that `get` does not have. */
function deleteFlags({ flags }: KubectlLine): string[] {
  const own = ['--cascade', '--dry-run', '--force', '--grace-period', '--ignore-not-found', '--interactive', '--now'];
  return [...own, '--output', '--raw', '--timeout', '--wait'].filter(name => flags.some(flag => flag.name === name));
}

/** So many names are given to one kubectl. */
const BATCH = 200;

/** Deletes objects by their names, in their namespaces. Goes on after one that fails, as kubectl does; ends where a signal ended kubectl. */
async function deleteByName(world: GuardWorld, line: KubectlLine, objects: readonly ObjectName[]): Promise<number> {
  const selected = withoutFlags(line.flags, ...SELECTION, '--namespace', '--raw');
  // One that was selected may be gone with its owner by now: kubectl does not mind.
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
