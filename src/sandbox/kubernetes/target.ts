/** Parses request paths. */

import type { ResourceType } from './resource-types.ts';
import { findResource } from './resources.ts';
import { StatusError } from './status.ts';

/** A resource path: `/api/v1/namespaces/shop/pods/web/log`. */
export interface Target {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string | undefined;
  readonly subresource: string | undefined;
}

export function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw new StatusError(400, 'BadRequest', 'invalid percent-encoding in the path');
  }
}

export function parseTarget(segments: readonly string[]): Target | undefined {
  const [root, ...rest] = segments;
  const [group, version, ...tail] = root === 'api' ? ['', ...rest] : rest;
  if ((root !== 'api' && root !== 'apis') || group === undefined || version === undefined) return undefined;
  const [first, second, third, ...more] = tail;
  if (first === 'namespaces' && second !== undefined && third !== undefined && !(group === '' && third === 'status')) {
    const type = findResource(group, version, third);
    if (type === undefined || !type.namespaced || more.length > 2) return undefined;
    return checkedTarget({ type, namespace: second, name: more[0], subresource: more[1] });
  }
  const type = first === undefined ? undefined : findResource(group, version, first);
  if (type === undefined || more.length > 0) return undefined;
  // Without a namespace, a namespaced resource can only be listed and watched.
  if (type.namespaced && second !== undefined) return undefined;
  return checkedTarget({ type, namespace: undefined, name: second, subresource: third });
}

export function checkedTarget(target: Target): Target | undefined {
  if (target.subresource === undefined) return target;
  return target.type.subresources.some(sub => sub === target.subresource) ? target : undefined;
}

export function qualifiedName(type: ResourceType): string {
  return type.group === '' ? type.plural : `${type.plural}.${type.group}`;
}
