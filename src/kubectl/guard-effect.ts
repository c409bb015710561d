/**
 * The guard of `scale`, `patch`, `apply` and `replace`: asks when a workload would keep no replicas, or less than half of them.
 * Rules: the effect is measured, by a server-side dry run or, for `scale`, against the objects as they are. An effect that cannot be measured is asked about.
 */
import { CliError, UsageError } from '../errors.ts';
import { oneLine } from '../lib/one-line.ts';
import { readAnyBytes } from '../platform/files/read.ts';
import { confirmLook, type Guard, type GuardWorld, type Look, placeOf } from './confirm.ts';
import { documentFiles, isOnlyMissing } from './guard-documents.ts';
import { pinInputs, refuseUnseen } from './inputs.ts';
import { argsOf, flagsFor, hasFlag, type KubectlLine, kubectlArgs, valueOfFlag, withoutFlags } from './line.ts';
import { documentsIn, nameIn, type ObjectName } from './objects.ts';
import type { PinnedTarget } from './pinned-target.ts';
import {
  isScale,
  mayHaveReplicas,
  replicasIn,
  type Shrinking,
  shrinkingLines,
  shrinkingOf,
  shrinks,
} from './replicas.ts';

export const guardScale: Guard = async (world, line, target) => {
  const given = valueOfFlag(line, '--replicas');
  // kubectl reports the error itself.
  if (given === undefined) return world.run(argsOf(line));
  // kubectl reads 010 as 8, and 0x0 or 0_0 as 0.
  if (!/^(0|[1-9]\d*)$/.test(given))
    throw new UsageError(`--replicas is a plain number, not ${given}`, { code: 'bad_flag', hint: 'nothing was sent' });
  const after = Number(given);
  refuseUnseen(world, line);
  const there = await pinInputs(world, line, target.folder);
  let found: readonly ObjectName[] = [];
  const ended = await confirmLook(world, target, 'run kubectl scale', async () => {
    const flags = (one: KubectlLine) => [
      ...flagsFor('get', one.flags, '--output', '--template'),
      { name: '--output', value: 'json' },
    ];
    const look = await lookAt(world, there, target, one => kubectlArgs('get', flags(one), one.words));
    if (typeof look === 'number' || !('objects' in look)) return look;
    found = look.objects.map(nameIn);
    const shrinking: Shrinking[] = [];
    for (const object of look.objects) {
      const before = replicasIn(object) ?? (await scaleOf(world, there, nameIn(object)));
      if (before !== undefined && shrinks(before, after)) shrinking.push({ object: nameIn(object), before, after });
    }
    return lookOf(target, shrinking);
  });
  if (ended !== undefined) return ended;
  const chooses = ['--selector', '--all', '--filename'].some(flag => hasFlag(there, flag));
  return chooses && found.length > 0 ? runByName(world, there, found) : world.run(argsOf(there));
};

/** The replicas of a custom resource, which may have them in any field. Undefined: it cannot be scaled. */
async function scaleOf(
  world: GuardWorld,
  line: KubectlLine,
  { kind, name, namespace }: ObjectName,
): Promise<number | undefined> {
  const flags = [
    ...flagsFor('get', line.flags, '--filename', '--selector', '--recursive', '--kustomize', '--output', '--namespace'),
    ...(namespace === undefined ? [] : [{ name: '--namespace', value: namespace }]),
    { name: '--subresource', value: 'scale' },
    { name: '--output', value: 'json' },
  ];
  const result = await world.capture(kubectlArgs('get', flags, [`${kind}/${name}`]));
  const [scale] = result.code === 0 ? readable(result.stdout) : [];
  return scale && replicasIn(scale);
}

/** The objects that were looked at, instead of a selector. Goes on after a failure, as kubectl does. */
async function runByName(world: GuardWorld, line: KubectlLine, objects: readonly ObjectName[]): Promise<number> {
  const flags = withoutFlags(line.flags, '--selector', '--all', '--filename', '--recursive', '--namespace');
  let code = 0;
  for (const namespace of new Set(objects.map(object => object.namespace))) {
    const inNamespace = namespace === undefined ? [] : [{ name: '--namespace', value: namespace }];
    const words = objects.filter(o => o.namespace === namespace).map(({ kind, name }) => `${kind}/${name}`);
    const ended = await world.run(argsOf({ ...line, flags: [...flags, ...inNamespace], words }));
    code ||= ended;
    if (ended >= 128) return ended;
  }
  return code;
}

export const guardPatch: Guard = async (world, line, target) => {
  refuseUnseen(world, line);
  let there = await pinInputs(world, line, target.folder);
  const file = valueOfFlag(there, '--patch-file');
  // The file is read once, so that the measured patch is the patch that is sent.
  if (file !== undefined) there = withPatchOf(world, there, file);
  return measured(world, there, target);
};

const MAX_PATCH_BYTES = 8 * 1024 * 1024;

function withPatchOf({ io }: GuardWorld, line: KubectlLine, file: string): KubectlLine {
  let text: string;
  try {
    text = readAnyBytes(file.startsWith('/') ? file : `${io.cwd}/${file}`, MAX_PATCH_BYTES).toString('utf8');
  } catch {
    // kubectl reports the error itself.
    return line;
  }
  return { ...line, flags: [...withoutFlags(line.flags, '--patch-file'), { name: '--patch', value: text }] };
}

/** `apply` and `replace` without the flags that delete objects. */
export const guardFiles: Guard = async (world, line, target) => {
  if (/-last-applied$/.test(line.verb)) return world.run(argsOf(line));
  refuseUnseen(world, line);
  return measured(world, await pinInputs(world, line, target.folder), target);
};

async function measured(world: GuardWorld, line: KubectlLine, target: PinnedTarget): Promise<number> {
  const ended = await confirmLook(world, target, `run kubectl ${line.verb}`, async () => {
    const look = await lookAt(world, line, target, dryRunOf);
    if (typeof look === 'number' || !('objects' in look)) return look;
    return lookOf(target, await shrinkingAfter(world, line, look.objects));
  });
  return ended ?? world.run(argsOf(line));
}

/** The line as a server-side dry run that prints the objects. */
export function dryRunOf(line: KubectlLine): string[] {
  const plain = ['--dry-run', '--output', '--allow-missing-template-keys', '--show-managed-fields', '--template'];
  const flags = withoutFlags(line.flags, ...plain, '--wait');
  return kubectlArgs(
    line.verb,
    [...flags, { name: '--dry-run', value: 'server' }, { name: '--output', value: 'json' }],
    line.words,
  );
}

/** @param after the objects of a dry run. The workloads among them are read as they are now, with one request for each namespace. */
export async function shrinkingAfter(
  world: GuardWorld,
  line: KubectlLine,
  after: readonly Record<string, unknown>[],
): Promise<Shrinking[]> {
  const workloads = after.filter(mayHaveReplicas);
  const scales = workloads.filter(isScale);
  const shrinking: Shrinking[] = [];
  const compare = async (objects: readonly Record<string, unknown>[], args: string[]) => {
    const result = await world.capture(args);
    const before = result.code === 0 ? readable(result.stdout) : undefined;
    for (const object of objects) {
      const { name, kind } = nameIn(object);
      // A Scale has the name of its workload, not its kind.
      const isSame = (one: ObjectName) => one.name === name && (isScale(object) || one.kind === kind);
      const lost = shrinkingOf(before ? before.find(one => isSame(nameIn(one))) : 'unreadable', object);
      if (lost) shrinking.push(lost);
    }
  };
  const json = [
    { name: '--ignore-not-found', value: undefined },
    { name: '--output', value: 'json' },
  ];
  const flags = flagsFor('get', line.flags, '--ignore-not-found', '--output', '--template');
  if (scales.length > 0) await compare(scales, kubectlArgs('get', [...flags, ...json], line.words));
  const named = withoutFlags(flags, '--filename', '--selector', '--recursive', '--kustomize', '--namespace');
  const others = workloads.filter(object => !isScale(object));
  for (const namespace of new Set(others.map(object => nameIn(object).namespace))) {
    const there = others.filter(object => nameIn(object).namespace === namespace);
    const words = there.map(nameIn).map(({ kind, name }) => `${kind}/${name}`);
    const inNamespace = namespace === undefined ? [] : [{ name: '--namespace', value: namespace }];
    await compare(there, kubectlArgs('get', [...named, ...inNamespace, ...json], words));
  }
  return shrinking;
}

/**
 * Runs a look and reads its objects. When only some documents of the files have no namespace or kind yet, the others are looked at one by one: kubectl
 * would print none of them, and still apply them.
 */
async function lookAt(
  world: GuardWorld,
  line: KubectlLine,
  target: PinnedTarget,
  look: (line: KubectlLine) => string[],
): Promise<Look | number | { readonly objects: readonly Record<string, unknown>[] }> {
  const result = await world.capture(look(line));
  if (result.code === 0) return { objects: readable(result.stdout) };
  if (!isOnlyMissing(result.stderr)) return unmeasured(target, line, result.stderr) ?? world.failed(target, result);
  const documents = documentFiles(line, target.folder);
  if (documents === undefined) return { objects: readable(result.stdout) };
  if (documents === 'unreadable') return unmeasuredBecause(target, line, 'zkubectl cannot read all of the documents');
  const objects: Record<string, unknown>[] = [];
  for (const value of documents) {
    const one = { ...line, flags: [...withoutFlags(line.flags, '--filename'), { name: '--filename', value }] };
    const each = await world.capture(look(one));
    if (each.code === 0) objects.push(...readable(each.stdout));
    else if (!isOnlyMissing(each.stderr)) return unmeasured(target, line, each.stderr) ?? world.failed(target, each);
  }
  return { objects };
}

/** Throws CliError (1). */
function readable(stdout: string): Record<string, unknown>[] {
  try {
    return documentsIn(stdout);
  } catch (error) {
    throw new CliError("cannot parse kubectl's answer; nothing changed", { code: 'unreadable_dry_run', cause: error });
  }
}

/** The question when a webhook does not support dry runs. Undefined: another failure, which kubectl reports. */
function unmeasured(target: PinnedTarget, line: KubectlLine, stderr: string): Look | undefined {
  if (!/dry run|dryRun/i.test(stderr)) return undefined;
  return unmeasuredBecause(target, line, oneLine(stderr.trim().split('\n').at(-1) ?? ''));
}

function unmeasuredBecause(target: PinnedTarget, line: KubectlLine, why: string): Look {
  return { lines: [`on ${placeOf(target)}: the effect of this ${line.verb} is not known: ${why}`], whole: why };
}

function lookOf(target: PinnedTarget, shrinking: readonly Shrinking[]): Look {
  const lines = shrinkingLines(placeOf(target), shrinking);
  return { lines, whole: lines.join('\n') };
}
