/**
 * `kubectl get` as requests of ours, when the line has nothing that only kubectl can do: then one process answers for all clusters.
 * Rule: a line that is not understood whole is left to kubectl.
 */
import type { KubectlFlag, KubectlLine } from '../kubectl/line.ts';
import { type BuiltinResource, builtinResource } from './builtin-resources.ts';

export interface GetRequest {
  readonly resource: BuiltinResource;
  /** Undefined: the resource has no namespace, or all are meant. */
  readonly namespace: string | undefined;
  readonly isAllNamespaces: boolean;
  /** One name at most. Empty: a list. */
  readonly names: readonly string[];
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  readonly isWide: boolean;
  readonly withHeaders: boolean;
  readonly showLabels: boolean;
  readonly labelColumns: readonly string[];
}

/** @param namespace the namespace of `on -n`; undefined: `default`. Resolves to undefined when kubectl has to do it */
export function getRequestOf(line: KubectlLine | undefined, namespace = 'default'): GetRequest | undefined {
  if (line?.verb !== 'get' || line.problem !== undefined || line.hasUnknownFlag) return undefined;
  const target = targetOf(line.words);
  const flags = line.flags.every(isSupported) ? new Map(line.flags.map(flag => [flag.name, flag.value])) : undefined;
  if (target === undefined || flags === undefined) return undefined;
  const output = flags.get('--output');
  if (output !== undefined && output !== 'wide' && output !== '') return undefined;
  const isAllNamespaces = flags.has('--all-namespaces');
  const { resource, names } = target;
  const selects = flags.has('--selector') || flags.has('--field-selector');
  // kubectl has its own errors for these.
  if (names.length > 1 || (names.length > 0 && (isAllNamespaces || selects))) return undefined;
  const inNamespace = flags.get('--namespace') || namespace;
  // An empty name, `.` or `..` would be another path.
  if (![inNamespace, ...names].every(name => /^[A-Za-z0-9][A-Za-z0-9.:_-]*$/.test(name))) return undefined;
  return {
    resource,
    names,
    namespace: resource.isNamespaced && !isAllNamespaces ? inNamespace : undefined,
    isAllNamespaces: isAllNamespaces && resource.isNamespaced,
    labelSelector: flags.get('--selector'),
    fieldSelector: flags.get('--field-selector'),
    isWide: output === 'wide',
    withHeaders: !flags.has('--no-headers'),
    showLabels: flags.has('--show-labels'),
    labelColumns: line.flags.flatMap(({ name, value }) => (name === '--label-columns' ? (value ?? '').split(',') : [])),
  };
}

const WITH_VALUE = new Set(['--namespace', '--selector', '--field-selector', '--label-columns', '--output']);
const SWITCHES = new Set(['--all-namespaces', '--no-headers', '--show-labels']);

function isSupported({ name, value }: KubectlFlag): boolean {
  return WITH_VALUE.has(name) || (SWITCHES.has(name) && (value === undefined || value === 'true'));
}

/** `pods`, `pods a b`, `pod/a`. Undefined: several kinds, or one that is not built in. */
function targetOf(words: readonly string[]): { resource: BuiltinResource; names: readonly string[] } | undefined {
  const [first = '', ...rest] = words;
  const [kind = '', name, ...more] = first.split('/');
  const resource = builtinResource(kind);
  if (resource === undefined || more.length > 0) return undefined;
  if (name !== undefined) return rest.length === 0 && name !== '' ? { resource, names: [name] } : undefined;
  return rest.every(word => !word.includes('/')) ? { resource, names: rest } : undefined;
}

/** The paths to ask, in order. */
export function pathsOf(request: GetRequest): string[] {
  const { resource, namespace, names, labelSelector, fieldSelector } = request;
  const collection = `${resource.root}${namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${resource.plural}`;
  if (names.length > 0) return names.map(name => `${collection}/${encodeURIComponent(name)}`);
  const query = new URLSearchParams({ limit: '500' });
  if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
  if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
  return [`${collection}?${query}`];
}
