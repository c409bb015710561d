/** `KIND/NAME` as a query: the pods that an object owns, by its selector. */
import type { Context } from '../../cli/context.ts';
import { TargetKubectl } from '../../cli/target-kubectl.ts';
import type { ClusterTarget } from '../../clusters/target.ts';
import { CliError, ForbiddenError, NotFoundError, UnreachableError, UsageError } from '../../errors.ts';
import type { LogOptions } from '../../kubernetes/container-log.ts';
import { isRecord } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';

/** A query that names an object: a name of a pod has no slash, and `/` alone matches nothing. */
export function isOwnerQuery(query: string | undefined): query is string {
  return query !== undefined && /^[A-Za-z][\w.-]*\/[a-z0-9][a-z0-9.-]*$/.test(query);
}

type PodSelection = Pick<LogOptions, 'pods' | 'selector'>;

/** Throws NotFoundError (3) when the object does not exist, UsageError (2) when it owns no pods. */
export async function podsOf(
  ctx: Context,
  query: string,
  target: ClusterTarget,
  namespaces: readonly (string | undefined)[],
  selector: string | undefined,
): Promise<PodSelection> {
  const namespace = oneNamespace(query, namespaces);
  const kubectl = new TargetKubectl(ctx, { ...target, namespace });
  const { code, stdout, stderr } = await kubectl.output('get', query, '-o', 'json');
  if (code !== 0) throw errorOf(stderr, target.context);
  return podsOfObject(JSON.parse(stdout), query, selector);
}

/** The pods of an object. Throws UsageError (2) when it owns none. */
export function podsOfObject(object: unknown, query: string, selector: string | undefined): PodSelection {
  const { kind, name, labels } = ownerOf(object, query);
  if (kind === 'Pod') return { pods: new RegExp(`^${name.replaceAll('.', '\\.')}$`), selector };
  if (labels === undefined)
    throw new UsageError(`${query} owns no pods`, {
      code: 'no_pods',
      hint: 'such as deployment/NAME, job/NAME, service/NAME',
    });
  return { pods: /./, selector: [labels, selector].filter(Boolean).join(',') };
}

/** Throws UsageError (2) unless exactly one namespace is selected. */
export function oneNamespace(query: string, [namespace, ...others]: readonly (string | undefined)[]): string {
  if (namespace !== undefined && others.length === 0) return namespace;
  throw new UsageError(`${query} needs exactly one namespace`, {
    code: 'bad_usage',
    hint: 'add -n NAMESPACE',
  });
}

function ownerOf(object: unknown, query: string): { kind: string; name: string; labels: string | undefined } {
  const { kind, metadata, spec } = isRecord(object) ? object : {};
  const name = isRecord(metadata) ? String(metadata['name'] ?? '') : '';
  if (typeof kind !== 'string' || name === '') throw new CliError(`kubectl printed no object for ${query}`);
  return { kind, name, labels: selectorOf(kind, name, isRecord(metadata) ? metadata : {}, isRecord(spec) ? spec : {}) };
}

type Fields = Readonly<Record<string, unknown>>;

/** The label selector of an object's pods. Undefined: it has none. */
function selectorOf(kind: string, name: string, metadata: Fields, spec: Fields): string | undefined {
  // The controller of StackSets labels their pods (zalando.org/v1).
  if (kind === 'StackSet') return `stackset=${name}`;
  const { selector } = spec;
  if (kind === 'Stack') return pairs(at(metadata, 'labels'), ['stackset', 'stack-version']);
  // A Service and a ReplicationController have plain labels.
  if (isRecord(selector) && !('matchLabels' in selector) && !('matchExpressions' in selector)) return pairs(selector);
  if (isRecord(selector)) {
    const expressions = Array.isArray(selector['matchExpressions']) ? selector['matchExpressions'] : [];
    return [pairs(selector['matchLabels']), ...expressions.map(expressionText)].filter(Boolean).join(',') || undefined;
  }
  // A CronJob's pods have the labels of its template.
  return pairs(at(spec, 'jobTemplate', 'spec', 'template', 'metadata', 'labels'));
}

function at(value: unknown, ...keys: readonly string[]): unknown {
  return keys.reduce((inner, key) => (isRecord(inner) ? inner[key] : undefined), value);
}

function pairs(labels: unknown, only?: readonly string[]): string | undefined {
  const all = isRecord(labels) ? Object.entries(labels) : [];
  return (
    all
      .filter(([key]) => only?.includes(key) ?? true)
      .map(([key, value]) => `${key}=${String(value)}`)
      .join(',') || undefined
  );
}

/** A LabelSelectorRequirement as text. */
function expressionText(requirement: unknown): string {
  const { key, operator, values } = isRecord(requirement) ? requirement : {};
  const list = Array.isArray(values) ? values.map(String).join(',') : '';
  if (operator === 'In') return `${key} in (${list})`;
  if (operator === 'NotIn') return `${key} notin (${list})`;
  return operator === 'DoesNotExist' ? `!${key}` : String(key);
}

/** kubectl's error as ours. */
function errorOf(stderr: string, context: string): CliError {
  const said = oneLine(stderr.trim().split('\n').at(-1) ?? '').replace(/^(error|Error from server \(\w+\)): /, '');
  if (/\(NotFound\)|doesn't have a resource type/.test(stderr))
    return new NotFoundError(said, { code: 'no_such_object' });
  if (/\(Forbidden\)/.test(stderr)) return new ForbiddenError(said, { code: 'forbidden', cause: new Error(stderr) });
  return new UnreachableError(`cannot read from ${context}: ${said}`, { code: 'unreachable', hint: 'zkubectl doctor' });
}
