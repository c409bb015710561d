/** The undo of one object: what is shown, and what is done. */
import { CliError } from '../../errors.ts';
import { recreated, whatIsLost } from '../../incident/recreate.ts';
import {
  type Change,
  changesBetween,
  isAsKept,
  isSame,
  patchOf,
  pathText,
  planUndo,
  valueAt,
} from '../../incident/undo-plan.ts';
import { type KeptObject, whyNotRecreated } from '../../journal/kept.ts';
import { recordAt } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { UndoKubectl } from './undo-kubectl.ts';

export interface ObjectUndo {
  readonly lines: readonly string[];
  /** Others have changed the same fields since, or the object is another one. */
  readonly isBlocked: boolean;
  /** It is as it was before. */
  readonly isDone: boolean;
  /** What is done to it. */
  readonly effect?: 'restore' | 'delete';
  hasChanges(force: boolean): boolean;
  /** Resolves to kubectl's exit code. */
  apply(kubectl: UndoKubectl, force: boolean): Promise<number>;
}

type Object = Readonly<Record<string, unknown>>;

/** @param now the object as it is; undefined: it is not there */
export function undoOf(object: KeptObject, now: Object | undefined): ObjectUndo {
  const { before, after } = object;
  if (before && after)
    return now ? changed(object, before, after, now) : blocked(object, 'is no longer there; it is left as it is');
  if (before) return now ? notDeleted(object, before, now) : deleted(object, before);
  return created(object, after ?? {}, now);
}

function changed(object: KeptObject, before: Object, after: Object, now: Object): ObjectUndo {
  const { changes, conflicts, lost } = planUndo(before, after, now);
  const name = title(object);
  const by = (manager: string | undefined) => (manager === undefined ? '' : ` by ${manager}`);
  const lines = [
    ...changes.map(change => `  ${pathText(change.path)}: ${short(change.after)} → ${short(change.before)}`),
    ...conflicts.map(({ path, now: value, before: wanted, manager, isMoved }) =>
      isMoved
        ? `  ${pathText(path)}: the list has changed since${by(manager)}: cannot be restored; before: ${short(wanted)}`
        : `  ${pathText(path)}: was changed since${by(manager)} to ${short(value)}; before: ${short(wanted)}`,
    ),
    ...lost.map(path => `  ${pathText(path)}: cannot come back: its value was not kept, because it is secret`),
  ];
  const wanted = (force: boolean): readonly Change[] =>
    force ? [...changes, ...conflicts.filter(({ isMoved }) => !isMoved)] : changes;
  return {
    lines: lines.length === 0 ? [`${name}: is as it was before`] : [`${name}:`, ...lines],
    isBlocked: conflicts.length > 0,
    isDone: lines.length === 0,
    hasChanges: force => wanted(force).length > 0,
    apply: (kubectl, force) => kubectl.patch(object, patchOf(wanted(force), now)),
  };
}

function deleted(object: KeptObject, before: Object): ObjectUndo {
  const why = whyNotRecreated(before);
  const lost = whatIsLost(before);
  const text = why === undefined ? 'will be created again' : `cannot be created again: ${why}`;
  return {
    lines: [`${title(object)}: ${text}`, ...(why === undefined && lost ? [`  cannot come back: ${lost}`] : [])],
    isBlocked: false,
    isDone: false,
    hasChanges: () => why === undefined,
    apply: kubectl => kubectl.create(object, recreated(before)),
  };
}

/** It is there, although the command deleted it. */
function notDeleted(object: KeptObject, before: Object, now: Object): ObjectUndo {
  const isOld = uidOf(before) === uidOf(now);
  if (isOld) return { ...nothing, lines: [`${title(object)}: is still there`], isDone: true };
  // Such as by an undo that ended half way.
  if (changesBetween(recreated(before), now).length === 0)
    return { ...nothing, lines: [`${title(object)}: is there again, as it was`], isDone: true };
  return blocked(object, 'was deleted and created again since; it is left as it is');
}

function created(object: KeptObject, after: Object, now: Object | undefined): ObjectUndo {
  if (now === undefined) return { ...nothing, lines: [`${title(object)}: is already gone`], isDone: true };
  if (uidOf(now) !== uidOf(after)) return blocked(object, 'was deleted and created again since; it is left as it is');
  if (/^(Namespace|CustomResourceDefinition)$/.test(object.kind))
    return { ...nothing, lines: [`${title(object)}: is not deleted: others may have objects in it`] };
  const isChanged = changesBetween(after, now).some(({ path, after: value }) => !isAsKept(value, valueAt(after, path)));
  const lines = [`${title(object)}: will be deleted: the command created it`];
  return {
    lines: isChanged ? [...lines, '  it was changed since'] : lines,
    isBlocked: isChanged,
    isDone: false,
    effect: 'delete',
    hasChanges: force => !isChanged || force,
    apply: async kubectl => {
      // kubectl deletes by name: the object must still be the one that was shown.
      const present = await kubectl.read(object);
      if (present && uidOf(present) === uidOf(now)) return kubectl.delete(object);
      throw new CliError(`${title(object)} is another object now: nothing was deleted`, { code: 'changed_since' });
    },
  };
}

const nothing = {
  isBlocked: false,
  isDone: false,
  hasChanges: () => false,
  apply: () => Promise.resolve(0),
} as const;

function blocked(object: KeptObject, why: string): ObjectUndo {
  return { ...nothing, lines: [`${title(object)}: ${why}`], isBlocked: true };
}

function title({ kind, name, namespace }: KeptObject): string {
  return `${kind.toLowerCase()}/${name}${namespace === undefined ? '' : ` in namespace ${namespace}`}`;
}

function uidOf(object: Object): unknown {
  return recordAt(object, 'metadata')['uid'];
}

const SHORT_CHARS = 60;

function short(value: unknown): string {
  if (value === undefined) return '(none)';
  const text = typeof value === 'string' ? oneLine(value) : JSON.stringify(value);
  return isSame(value, '') ? '""' : text.length > SHORT_CHARS ? `${text.slice(0, SHORT_CHARS)}…` : text;
}
