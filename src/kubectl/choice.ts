/** The objects that a kubectl line changes, as a `get` for them. */

import { recordAt } from '../lib/json.ts';
import { filesOf } from './inputs.ts';
import { flagsFor, hasFlag, isSwitchedOn, type KubectlLine, kubectlArgs } from './line.ts';

/** Verbs whose objects are named on the line. */
const NAMING: ReadonlySet<string> = new Set([
  ...['annotate', 'apply', 'create', 'delete', 'label', 'patch', 'replace', 'scale'],
  ...['rollout pause', 'rollout restart', 'rollout resume', 'rollout undo'],
  ...['set env', 'set image', 'set resources', 'set selector', 'set serviceaccount', 'set subject'],
]);
/** Verbs that also take changes as words: `a=b`, `a-`. */
const WITH_PAIRS = /^(annotate|label|set (env|image|selector))$/;

/** The arguments of `kubectl get` for these objects as JSON. Undefined: they cannot be read before the command. */
export function getOfObjects(line: KubectlLine): string[] | undefined {
  if (!NAMING.has(line.verb) || hasFlag(line, '--raw')) return undefined;
  const files = filesOf(line);
  // What is read once, or may differ the next time.
  // `create KIND NAME` makes what is not there yet.
  if (line.verb === 'create' && files.length === 0 && !hasFlag(line, '--kustomize')) return undefined;
  if (files.some(file => /^(-|\/dev\/|\/proc\/)/.test(file) || /^https?:\/\//i.test(file))) return undefined;
  const words = WITH_PAIRS.test(line.verb) ? line.words.filter(word => !/=|-$/.test(word)) : line.words;
  const named = line.verb === 'set serviceaccount' ? words.slice(0, -1) : words;
  if (named.length === 0 && files.length === 0 && !hasFlag(line, '--kustomize')) return undefined;
  const flags = flagsFor('get', line.flags, ...NOT_OF_GET);
  return kubectlArgs('get', [...flags, ...AS_JSON], named);
}

const NOT_OF_GET = ['--output', '--template', '--ignore-not-found', '--subresource', '--watch'];
const AS_JSON = [
  { name: '--output', value: 'json' },
  { name: '--ignore-not-found', value: undefined },
];
const SELECTING = ['--selector', '--field-selector', '--all', '--all-namespaces'];

/** Does the line choose its objects by what they are, and not by their names? */
export function isSelecting(line: KubectlLine): boolean {
  return SELECTING.some(flag => hasFlag(line, flag));
}

/** Can the line make objects? */
export function canCreate({ verb }: KubectlLine): boolean {
  return verb === 'apply' || verb === 'create' || verb === 'replace';
}

/** Can the line delete objects? */
export function canDelete(line: KubectlLine): boolean {
  return line.verb === 'delete' || (canCreate(line) && isSwitchedOn(line, '--force'));
}

/** The arguments of `kubectl get` for objects that the line has chosen, by their names: once for each namespace. */
export function getOfNames(line: KubectlLine, objects: readonly Readonly<Record<string, unknown>>[]): string[][] {
  const files = ['--filename', '--recursive', '--kustomize', '--namespace'];
  const flags = flagsFor('get', line.flags, ...NOT_OF_GET, ...SELECTING, ...files);
  const namespaces = [...new Set(objects.map(namespaceIn))];
  return namespaces.map(namespace => {
    const some = objects.filter(object => namespaceIn(object) === namespace);
    const where = namespace === undefined ? [] : [{ name: '--namespace', value: namespace }];
    return kubectlArgs('get', [...flags, ...where, ...AS_JSON], some.map(fullName));
  });
}

/** `Deployment.v1.apps/cart`: no other kind of this name is meant. */
export function fullName(object: Readonly<Record<string, unknown>>): string {
  const [version = '', group = ''] = String(object['apiVersion']).split('/').reverse();
  const kind = String(object['kind']);
  const name = String(recordAt(object, 'metadata')['name']);
  return group === '' ? `${kind}/${name}` : `${kind}.${version}.${group}/${name}`;
}

function namespaceIn(object: Readonly<Record<string, unknown>>): string | undefined {
  const { namespace } = recordAt(object, 'metadata');
  return typeof namespace === 'string' && namespace !== '' ? namespace : undefined;
}
