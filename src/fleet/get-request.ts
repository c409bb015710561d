/**
 * `kubectl get` as requests of ours, when the line has nothing that only kubectl can do: then one process answers for all clusters.
 * Rule: a line that is not understood whole is left to kubectl.
 */
import type { KubectlFlag, KubectlLine } from '../kubectl/line.ts';
import { valueOfFlag } from '../kubectl/line.ts';
import { type GetOutput, outputOf } from '../kubernetes/get-output.ts';
import { relaxedPath, type Step } from '../kubernetes/json-path.ts';
import type { TableForm } from '../kubernetes/table.ts';

export interface GetTarget {
  /** `pods`, `deploy`, `all` */
  readonly kind: string;
  /** Empty: all objects of the kind. */
  readonly names: readonly string[];
}

export interface GetRequest {
  /** In the order of the line. */
  readonly targets: readonly GetTarget[];
  readonly namespace: string;
  readonly isAllNamespaces: boolean;
  readonly labelSelector: string | undefined;
  readonly fieldSelector: string | undefined;
  /** `--ignore-not-found`: a missing name is not an error. */
  readonly ignoresNotFound: boolean;
  readonly output: GetOutput;
  /** How tables look. */
  readonly form: TableForm;
  readonly sortBy: readonly Step[] | undefined;
}

/** @param namespace the namespace of `on -n`; undefined: `default`. Returns undefined when kubectl has to do it */
export function getRequestOf(line: KubectlLine | undefined, namespace = 'default'): GetRequest | undefined {
  if (line?.verb !== 'get' || line.problem !== undefined || line.hasUnknownFlag) return undefined;
  const targets = targetsOf(line.words);
  const output = outputOf(valueOfFlag(line, '--output'), isOn(line.flags, '--no-headers'));
  const sort = valueOfFlag(line, '--sort-by');
  const sortBy = sort === undefined ? undefined : relaxedPath(sort);
  if (targets === undefined || output === undefined || !line.flags.every(isSupported)) return undefined;
  if (sort !== undefined && sortBy === undefined) return undefined;
  const isAllNamespaces = isOn(line.flags, '--all-namespaces');
  const [labelSelector, fieldSelector] = [valueOfFlag(line, '--selector'), valueOfFlag(line, '--field-selector')];
  const names = targets.flatMap(target => target.names);
  // kubectl has its own errors for these.
  if (names.length > 0 && (isAllNamespaces || (labelSelector ?? fieldSelector) !== undefined)) return undefined;
  const inNamespace = valueOfFlag(line, '--namespace') || namespace;
  // An empty name, `.` or `..` would be another path.
  if (![inNamespace, ...names].every(name => /^[A-Za-z0-9][A-Za-z0-9.:_-]*$/.test(name))) return undefined;
  return {
    targets,
    namespace: inNamespace,
    isAllNamespaces,
    labelSelector,
    fieldSelector,
    ignoresNotFound: isOn(line.flags, '--ignore-not-found'),
    output,
    sortBy,
    form: {
      isWide: output.kind === 'table' && output.isWide,
      withHeaders: !isOn(line.flags, '--no-headers'),
      isAllNamespaces,
      showLabels: isOn(line.flags, '--show-labels'),
      withKind: isOn(line.flags, '--show-kind'),
      labelColumns: line.flags.flatMap(({ name, value }) =>
        name === '--label-columns' ? (value ?? '').split(',') : [],
      ),
    },
  };
}

const WITH_VALUE = new Set([
  '--namespace',
  '--selector',
  '--field-selector',
  '--label-columns',
  '--output',
  '--sort-by',
]);
const SWITCHES = new Set(['--all-namespaces', '--no-headers', '--show-labels', '--show-kind', '--ignore-not-found']);

function isSupported({ name, value }: KubectlFlag): boolean {
  return WITH_VALUE.has(name) ? Boolean(value) : SWITCHES.has(name) && (value === undefined || value === 'true');
}

function isOn(flags: readonly KubectlFlag[], name: string): boolean {
  return flags.some(flag => flag.name === name);
}

/** `pods`, `pods a b`, `pods,svc`, `pod/a svc/b`. Undefined: kubectl has an error or a meaning of its own. */
function targetsOf(words: readonly string[]): readonly GetTarget[] | undefined {
  const [first, ...names] = words;
  if (first === undefined) return undefined;
  if (words.some(word => word.includes('/'))) {
    const pairs = words.map(word => word.split('/'));
    const targets = pairs.map(([kind = '', name = '']) => ({ kind, names: [name] }));
    return pairs.every(pair => pair.length === 2) && targets.every(({ kind }) => isKind(kind)) ? targets : undefined;
  }
  const kinds = [...new Set(first.split(','))];
  if (!kinds.every(isKind) || (kinds.length > 1 && names.length > 0)) return undefined;
  return kinds.map(kind => ({ kind, names }));
}

function isKind(word: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9.-]*$/.test(word);
}
