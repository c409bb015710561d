/** The guards of `replace --force` (deletes and recreates objects) and `apply --prune`. Each previews and sends the same copy of the files. */
import { CliError } from '../errors.ts';
import { confirmLook, type Guard, type Look, placeOf } from './confirm.ts';
import { objectsToDelete } from './guard-delete.ts';
import { dryRunOf, shrinkingAfter } from './guard-effect.ts';
import { pinInputs, refuseUnseen } from './inputs.ts';
import { argsOf, flagsFor, type KubectlLine } from './line.ts';
import { describeObjects, keyOf, nameIn, type ObjectName, objectListsIn } from './objects.ts';
import { shrinkingLines } from './replicas.ts';

export const guardReplace: Guard = async (world, line, target) => {
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  const ended = await confirmLook(world, target, 'run kubectl replace --force', async () => {
    const found = await objectsToDelete(world, asDelete(there), target);
    if (typeof found === 'number') return found;
    return lookOf(
      describeObjects(placeOf(target), found.objects, 'these objects are deleted and recreated'),
      found.objects,
    );
  });
  return ended ?? world.run(argsOf(there));
};

/** The delete command for the objects of the files. */
function asDelete(line: KubectlLine): KubectlLine {
  const own = ['--all', '--cascade', '--dry-run', '--force', '--grace-period', '--output', '--timeout', '--wait'];
  const flags = flagsFor('delete', line.flags, ...own);
  return { ...line, verb: 'delete', flags: [...flags, { name: '--ignore-not-found', value: undefined }] };
}

export const guardPrune: Guard = async (world, line, target) => {
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  const ended = await confirmLook(world, target, 'run kubectl apply --prune', async () => {
    const result = await world.capture(dryRunOf(there));
    if (result.code !== 0) return world.failed(target, result);
    const [applied = [], ...pruned] = documentsOf(result.stdout);
    const shrinking = shrinkingLines(placeOf(target), await shrinkingAfter(world, there, applied));
    const gone = pruned.flat().map(nameIn);
    const { lines, whole } = lookOf(describeObjects(placeOf(target), gone, 'these objects are pruned'), gone);
    return { lines: [...lines, ...shrinking], whole: [whole, ...shrinking].join('\n') };
  });
  return ended ?? world.run(argsOf(there));
};

/** `apply --force` deletes and recreates an object that it cannot patch. */
export const guardForce: Guard = async (world, line, target) => {
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  const ended = await confirmLook(world, target, 'run kubectl apply --force', async () => {
    const found = await objectsToDelete(world, asDelete(there), target);
    if (typeof found === 'number') return found;
    const what = 'these objects may be deleted and recreated';
    return lookOf(describeObjects(placeOf(target), found.objects, what), found.objects);
  });
  return ended ?? world.run(argsOf(there));
};

/** kubectl prints the applied objects as one document, and then one document for each pruned object. */
function documentsOf(stdout: string): Record<string, unknown>[][] {
  try {
    return objectListsIn(stdout);
  } catch (error) {
    throw new CliError('cannot parse the dry run of kubectl apply --prune; nothing changed', {
      code: 'unreadable_dry_run',
      cause: error,
    });
  }
}

/** Without objects there are no lines, so that no question is asked. */
function lookOf(lines: readonly string[], objects: readonly ObjectName[]): Look {
  return { lines: objects.length === 0 ? [] : lines, whole: objects.map(keyOf).sort().join('\n') };
}
