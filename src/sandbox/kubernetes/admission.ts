/** Admission of new and changed objects: Pod Security, then quotas, in the words of an API server. */
import { checkPodSecurity } from './pod-security.ts';
import { quotaRefusal } from './quota.ts';
import type { Fields, KubeObject, ResourceType } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';
import type { ObjectStore } from './store.ts';
import { qualifiedName } from './target.ts';

const NAMESPACES = needResource('', 'namespaces');

/** Throws StatusError (403). Returns the server's warnings. @param isNew false: an update, which is never refused */
export function admit(store: ObjectStore, type: ResourceType, object: KubeObject, isNew: boolean): string[] {
  const { name, namespace } = object.metadata;
  const forbidden = (why: string) =>
    new StatusError(403, 'Forbidden', `${qualifiedName(type)} "${name}" is forbidden: ${why}`, {
      name,
      group: type.group,
      kind: type.plural,
    });
  const spec = podSpecOf({ ...object, kind: type.kind });
  const checked = spec && checkPodSecurity(store.get(NAMESPACES, undefined, namespace ?? ''), spec);
  if (isNew && type.kind === 'Pod' && checked?.refusal !== undefined) throw forbidden(checked.refusal);
  const refusal = isNew ? quotaRefusal(store, type, object) : undefined;
  if (refusal !== undefined) throw forbidden(refusal);
  return checked?.warning === undefined ? [] : [checked.warning];
}

/** The pod's spec, or that of a workload's template. Undefined: the object makes no pods. */
function podSpecOf(object: KubeObject): Fields | undefined {
  const { kind, spec = {} } = object;
  if (kind === 'Pod') return spec;
  const template = kind === 'CronJob' ? spec['jobTemplate']?.spec?.template : spec['template'];
  return template?.spec as Fields | undefined;
}
