/** The objects that a kubectl line changes, as a `get` for them. */
import { filesOf } from './inputs.ts';
import { flagsFor, hasFlag, type KubectlLine, kubectlArgs } from './line.ts';

/** Verbs whose objects are named on the line. */
const NAMING: ReadonlySet<string> = new Set([
  ...['annotate', 'apply', 'delete', 'edit', 'label', 'patch', 'replace', 'scale'],
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
  if (files.some(file => /^(-|\/dev\/|\/proc\/)/.test(file) || /^https?:\/\//i.test(file))) return undefined;
  const words = WITH_PAIRS.test(line.verb) ? line.words.filter(word => !/=|-$/.test(word)) : line.words;
  const named = line.verb === 'set serviceaccount' ? words.slice(0, -1) : words;
  if (named.length === 0 && files.length === 0 && !hasFlag(line, '--kustomize')) return undefined;
  const flags = flagsFor('get', line.flags, '--output', '--template', '--ignore-not-found', '--subresource', '--watch');
  const own = [
    { name: '--output', value: 'json' },
    { name: '--ignore-not-found', value: undefined },
  ];
  return kubectlArgs('get', [...flags, ...own], named);
}
