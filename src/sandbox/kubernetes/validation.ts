/** Validates new objects and sets defaults, like an API server. */
import { randomInt } from 'node:crypto';
import { isRecord } from '../../lib/json.ts';
import { suffix } from './control-plane.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { StatusError } from './status.ts';
import type { Target } from './target.ts';

/** Validates an object like an API server, as far as the sandbox supports the kind. */
export function validated(target: Target, body: KubeObject): KubeObject {
  const { type } = target;
  const metadata: KubeObject['metadata'] = { ...body.metadata };
  if (!metadata.name && metadata.generateName) metadata.name = `${metadata.generateName}${suffix(5)}`;
  const invalid = (message: string) =>
    new StatusError(
      422,
      'Invalid',
      `${type.kind}${type.group ? `.${type.group}` : ''} "${metadata.name ?? ''}" is invalid: ${message}`,
      { name: metadata.name, group: type.group, kind: type.kind },
    );
  if (body.kind && body.kind !== type.kind)
    throw new StatusError(400, 'BadRequest', `expected kind ${type.kind} for ${type.plural}, got ${body.kind}`);
  if (!metadata.name) throw invalid('metadata.name: Required value: name or generateName is required');
  if (!/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(metadata.name) && type.kind !== 'Event')
    throw invalid(
      `metadata.name: Invalid value: "${metadata.name}": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.'`,
    );
  if (type.namespaced) {
    if (metadata.namespace !== undefined && metadata.namespace !== target.namespace)
      throw new StatusError(
        400,
        'BadRequest',
        `the namespace of the provided object does not match the namespace sent on the request`,
      );
    if (target.namespace !== undefined) metadata.namespace = target.namespace;
  } else delete metadata.namespace;
  const template =
    type.kind === 'Pod'
      ? body
      : ['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet', 'Job'].includes(type.kind)
        ? (body.spec?.['template'] as KubeObject | undefined)
        : null;
  if (template !== null) {
    const containers = template?.spec?.['containers'];
    if (!Array.isArray(containers) || containers.length === 0)
      throw invalid(`${type.kind === 'Pod' ? 'spec' : 'spec.template.spec'}.containers: Required value`);
    for (const container of containers)
      if (!isRecord(container) || !container['name'] || !container['image'])
        throw invalid('spec.containers: every container needs a name and an image');
  }
  if (['Deployment', 'ReplicaSet', 'StatefulSet', 'DaemonSet'].includes(type.kind)) {
    const wanted = (body.spec?.['selector']?.matchLabels ?? {}) as Record<string, string>;
    const labels = ((body.spec?.['template'] as KubeObject | undefined)?.metadata?.labels ?? {}) as Record<
      string,
      string
    >;
    if (Object.keys(wanted).length === 0) throw invalid('spec.selector: Required value');
    if (Object.entries(wanted).some(([k, v]) => labels[k] !== v))
      throw invalid('spec.template.metadata.labels: Invalid value: `selector` does not match template `labels`');
  }
  const spec =
    type.kind === 'Deployment' || type.kind === 'ReplicaSet' || type.kind === 'StatefulSet'
      ? { ...body.spec, replicas: body.spec?.['replicas'] ?? 1 }
      : body.spec;
  const data =
    type.kind === 'Secret' && isRecord(body['stringData'])
      ? { data: { ...(body['data'] as Fields | undefined), ...encodeAll(body['stringData']) } }
      : {};
  const { stringData: _plain, ...rest } = body;
  return { ...rest, ...data, ...(spec === undefined ? {} : { spec }), metadata: metadata as KubeObject['metadata'] };
}

export function withServiceDefaults(spec: Fields): Fields {
  const isHeadless = spec['clusterIP'] === 'None' || spec['type'] === 'ExternalName';
  const clusterIP = `10.3.${randomInt(2, 255)}.${randomInt(1, 255)}`;
  return {
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ...spec,
    ...(isHeadless ? {} : { clusterIP: spec['clusterIP'] || clusterIP }),
  };
}

export function encodeAll(values: Record<string, unknown>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(String(value)).toString('base64')]),
  );
}
