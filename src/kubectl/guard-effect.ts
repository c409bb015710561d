/**
 * The guard of `scale`, `patch`, `apply` and `replace`: asks when a workload would keep no replicas, or less than half of them.
 * Rules: the effect is measured, by a server-side dry run or, for `scale`, against the objects as they are. An effect that cannot be measured is asked about.
 */
import { CliError } from '../errors.ts';
import { recordAt } from '../lib/json.ts';
import { oneLine } from '../lib/one-line.ts';
import { readText } from '../platform/files/read.ts';
import { confirmLook, type Guard, type GuardWorld, type Look, placeOf } from './confirm.ts';
import { isWarning } from './guard-delete.ts';
import { filesOf, pinInputs, refuseUnseen } from './inputs.ts';
import { argsOf, flagsFor, hasFlag, type KubectlLine, kubectlArgs, valueOfFlag, withoutFlags } from './line.ts';
import { documentsIn, keyOf, nameIn, type ObjectName } from './objects.ts';
import type { PinnedTarget } from './pinned-target.ts';

/** A workload before and after. */
export interface Shrinking {
  readonly object: ObjectName;
  readonly before: number;
  readonly after: number;
}

/** Does it lose all replicas, or more than half of them? */
export function shrinks(before: number, after: number): boolean {
  return before > 0 && after < before && (after === 0 || after < before / 2);
}

export const guardScale: Guard = async (world, line, target) => {
  const after = Number(valueOfFlag(line, '--replicas'));
  // kubectl reports the error itself.
  if (!Number.isInteger(after) || after < 0 || hasFlag(line, '--raw')) return world.run(argsOf(line));
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  let found: readonly ObjectName[] = [];
  const ended = await confirmLook(world, target, 'run kubectl scale', async () => {
    const result = await world.capture(kubectlArgs('get', getFlags(there), there.words));
    const isMeasured = result.code === 0 || isOnlyMissing(result.stderr);
    if (!isMeasured) return world.failed(target, result);
    const objects = readable(result.stdout);
    const shrinking = objects.flatMap(object => {
      const before = replicasBefore(object);
      return shrinks(before, after) ? [{ object: nameIn(object), before, after }] : [];
    });
    found = objects.map(nameIn);
    return lookOf(target, shrinking);
  });
  if (ended !== undefined) return ended;
  const chooses = ['--selector', '--all', '--filename'].some(flag => hasFlag(there, flag));
  return world.run(chooses && found.length > 0 ? argsOf(byName(there, found)) : argsOf(there));
};

/** `get` with the line's own choice of objects. */
function getFlags({ flags }: KubectlLine) {
  return [...flagsFor('get', flags, '--output', '--template'), { name: '--output', value: 'json' }];
}

/** The objects that were looked at, instead of a selector. */
function byName(line: KubectlLine, objects: readonly ObjectName[]): KubectlLine {
  const flags = withoutFlags(line.flags, '--selector', '--all', '--filename', '--namespace');
  const [namespace] = objects.flatMap(object => object.namespace ?? []);
  const inNamespace = namespace === undefined ? [] : [{ name: '--namespace', value: namespace }];
  return { ...line, flags: [...flags, ...inNamespace], words: objects.map(({ kind, name }) => `${kind}/${name}`) };
}

export const guardPatch: Guard = async (world, line, target) => {
  if (hasFlag(line, '--raw')) return world.run(argsOf(line));
  refuseUnseen(world, line);
  let there = await pinInputs(world, line, target.folder);
  const file = valueOfFlag(there, '--patch-file');
  // The file is read once, so that the measured patch is the patch that is sent.
  if (file !== undefined && file !== '-') there = withPatchOf(world, there, file);
  return measured(world, there, target, 'patch');
};

function withPatchOf({ io }: GuardWorld, line: KubectlLine, file: string): KubectlLine {
  const path = file.startsWith('/') ? file : `${io.cwd}/${file}`;
  const text = readText(path);
  if (text === undefined) return line;
  return { ...line, flags: [...withoutFlags(line.flags, '--patch-file'), { name: '--patch', value: text }] };
}

/** `apply` and `replace` without the flags that delete objects. */
export const guardFiles: Guard = async (world, line, target) => {
  if (hasFlag(line, '--raw') || /-last-applied$/.test(line.verb)) return world.run(argsOf(line));
  refuseUnseen(world, line);
  if (filesOf(line).length === 0 && !hasFlag(line, '--kustomize')) return world.run(argsOf(line));
  const there = await pinInputs(world, line, target.folder);
  return measured(world, there, target, line.verb);
};

async function measured(world: GuardWorld, line: KubectlLine, target: PinnedTarget, verb: string): Promise<number> {
  const plain = [
    '--dry-run',
    '--output',
    '--allow-missing-template-keys',
    '--show-managed-fields',
    '--template',
    '--wait',
  ];
  const look = kubectlArgs(
    verb,
    [
      ...withoutFlags(line.flags, ...plain),
      { name: '--dry-run', value: 'server' },
      { name: '--output', value: 'json' },
    ],
    line.words,
  );
  const ended = await confirmLook(world, target, `run kubectl ${verb}`, async () => {
    const result = await world.capture(look);
    if (result.code !== 0 && !isOnlyMissing(result.stderr)) {
      const lines = unmeasured(target, line, result.stderr);
      return lines ?? world.failed(target, result);
    }
    const shrinking = readable(result.stdout).flatMap(object => {
      const before = count(recordAt(object, 'status')['replicas']);
      const after = replicasAfter(object);
      return after !== undefined && shrinks(before, after) ? [{ object: nameIn(object), before, after }] : [];
    });
    return lookOf(target, shrinking);
  });
  return ended ?? world.run(argsOf(line));
}

/** Throws CliError (1). */
function readable(stdout: string): Record<string, unknown>[] {
  try {
    return documentsIn(stdout);
  } catch (error) {
    throw new CliError("cannot parse kubectl's answer; nothing changed", { code: 'unreadable_dry_run', cause: error });
  }
}

/** Objects, namespaces or kinds that are not there have no replicas to lose. kubectl reports them again. */
function isOnlyMissing(stderr: string): boolean {
  const said = stderr.split('\n').filter(line => line.trim() !== '' && !isWarning(line));
  return said.length > 0 && said.every(line => MISSING.test(line));
}

const MISSING =
  /\(NotFound\): |^error: (resource mapping not found|unable to recognize|no objects passed)|no matches for kind |^ensure CRDs are installed first/;

/** The question when a webhook does not support dry runs. Undefined: another failure, which kubectl reports. */
function unmeasured(target: PinnedTarget, line: KubectlLine, stderr: string): Look | undefined {
  if (!/dry run|dryRun/i.test(stderr)) return undefined;
  const why = oneLine(stderr.trim().split('\n').at(-1) ?? '');
  return { lines: [`on ${placeOf(target)}: the effect of this ${line.verb} is not known: ${why}`], whole: why };
}

function replicasBefore(object: Record<string, unknown>): number {
  return Math.max(count(recordAt(object, 'spec')['replicas']), count(recordAt(object, 'status')['replicas']));
}

/** Undefined: it is no workload. */
function replicasAfter(object: Record<string, unknown>): number | undefined {
  const { replicas } = recordAt(object, 'spec');
  return typeof replicas === 'number' ? replicas : undefined;
}

function count(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

function lookOf(target: PinnedTarget, shrinking: readonly Shrinking[]): Look {
  if (shrinking.length === 0) return { lines: [], whole: '' };
  const line = ({ object: { kind, name, namespace }, before, after }: Shrinking) =>
    `  ${kind}/${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}: ${before} → ${after} replicas`;
  return {
    lines: [`on ${placeOf(target)}, these workloads lose replicas:`, ...shrinking.map(line)],
    whole: shrinking.map(({ object, before, after }) => `${keyOf(object)} ${before} ${after}`).join('\n'),
  };
}
