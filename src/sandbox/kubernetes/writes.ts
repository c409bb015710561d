/** Serves write requests: create, update, patch and delete, each with dry run. */
import { isRecord } from '../../lib/json.ts';
import { readBody } from '../../platform/net/server.ts';
import { admit } from './admission.ts';
import { parsePatch, patchTypeOf, readObject, readOptions } from './body.ts';
import { type ApiWorld, type Call, existing, isDryRun, isRecordDryRun, selected, sendJson } from './call.ts';
import { checkEviction, deleteOptionsIn } from './eviction.ts';
import { PatchError, patched } from './patch.ts';
import { sendObject } from './reads.ts';
import { apiVersionOf, type Fields, type KubeObject, type ResourceType } from './resource-types.ts';
import { needResource } from './resources.ts';
import { StatusError } from './status.ts';
import { qualifiedName, type Target } from './target.ts';
import { validated, withServiceDefaults } from './validation.ts';
import { scaleOf, withScale } from './views.ts';

const NAMESPACES = needResource('', 'namespaces');
/** Resources that are deleted together with their owner, unless the propagation policy is Orphan. */
const OWNED = [needResource('', 'pods'), needResource('apps', 'replicasets')];

export async function create(world: ApiWorld, call: Call, target: Target): Promise<void> {
  const body = await readObject(call.request);
  const object = validated(target, body);
  if (target.namespace !== undefined && world.store.get(NAMESPACES, undefined, target.namespace) === undefined) {
    throw new StatusError(404, 'NotFound', `namespaces "${target.namespace}" not found`, {
      name: target.namespace,
      kind: 'namespaces',
    });
  }
  if (world.store.get(target.type, object.metadata.namespace, object.metadata.name)) {
    throw new StatusError(
      409,
      'AlreadyExists',
      `${qualifiedName(target.type)} "${object.metadata.name}" already exists`,
      { name: object.metadata.name, group: target.type.group, kind: target.type.plural },
    );
  }
  if (target.type.kind === 'Service') object.spec = withServiceDefaults(object.spec ?? {});
  warn(call, admit(world.store, target.type, object, true));
  if (isDryRun(call)) return sendObject(world, call, target, asStored(world, target, object), 201);
  const created = world.store.create(target.type, object);
  world.controllers.reconcile();
  sendObject(
    world,
    call,
    target,
    world.store.get(target.type, created.metadata.namespace, created.metadata.name) ?? created,
    201,
  );
}

/** Warnings for the client, which kubectl shows as `Warning: …` (RFC 7234, section 5.5). */
function warn(call: Call, warnings: readonly string[]): void {
  const quoted = (text: string) => text.replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  if (warnings.length > 0)
    call.response.setHeader(
      'Warning',
      warnings.map(text => `299 - "${quoted(text)}"`),
    );
}

function asStored(world: ApiWorld, target: Target, object: KubeObject): KubeObject {
  return {
    ...object,
    apiVersion: apiVersionOf(target.type),
    kind: target.type.kind,
    metadata: {
      ...object.metadata,
      creationTimestamp: world
        .now()
        .toISOString()
        .replace(/\.\d{3}Z$/, 'Z'),
      uid: '00000000-0000-0000-0000-000000000000',
    },
  };
}

export async function update(world: ApiWorld, call: Call, target: Target): Promise<void> {
  const current = existing(world, target);
  const body = await readObject(call.request);
  replace(world, call, target, current, target.subresource === 'scale' ? withScale(current, body) : body);
}

export async function patch(world: ApiWorld, call: Call, target: Target): Promise<void> {
  const type = patchTypeOf(call.request);
  const patch = parsePatch(await readBody(call.request), type);
  const exists = world.store.get(target.type, target.namespace, target.name ?? '');
  if (exists === undefined && type === 'apply' && isRecord(patch)) {
    const object = validated(target, patch as unknown as KubeObject);
    warn(call, admit(world.store, target.type, object, true));
    if (isDryRun(call)) return sendObject(world, call, target, asStored(world, target, object), 201);
    const created = world.store.create(target.type, object);
    world.controllers.reconcile();
    return sendObject(world, call, target, created, 201);
  }
  const current = existing(world, target);
  const isScale = target.subresource === 'scale';
  let result: KubeObject;
  try {
    result = patched(isScale ? scaleOf(current) : current, patch, type) as unknown as KubeObject;
  } catch (error) {
    if (error instanceof PatchError) throw new StatusError(400, 'BadRequest', error.message);
    throw error;
  }
  replace(world, call, target, current, isScale ? withScale(current, result) : result);
}

function replace(world: ApiWorld, call: Call, target: Target, current: KubeObject, wanted: KubeObject): void {
  const version = wanted.metadata?.resourceVersion;
  if (version !== undefined && version !== current.metadata.resourceVersion) {
    throw new StatusError(
      409,
      'Conflict',
      `Operation cannot be fulfilled on ${qualifiedName(target.type)} "${current.metadata.name}": the object has been modified; please apply your changes to the latest version and try again`,
    );
  }
  if (wanted.metadata?.name !== current.metadata.name)
    throw new StatusError(400, 'BadRequest', 'the name of the object does not match the name on the URL');
  const checked = validated(target, wanted);
  // Only a request to the status subresource can change the status.
  const next: KubeObject =
    target.subresource === 'ephemeralcontainers'
      ? withEphemeralContainers(current, checked, world.now())
      : target.subresource === 'status'
        ? { ...current, ...(checked.status ? { status: checked.status } : {}) }
        : { ...checked, ...(current.status ? { status: current.status } : {}) };
  if (target.subresource === undefined) warn(call, admit(world.store, target.type, next, false));
  if (isDryRun(call)) return sendObject(world, call, target, next);
  const updated = world.store.update(target.type, next);
  world.controllers.reconcile();
  sendObject(
    world,
    call,
    target,
    world.store.get(target.type, updated.metadata.namespace, updated.metadata.name) ?? updated,
  );
}

/** The containers that `kubectl debug` adds: they run at once. */
function withEphemeralContainers(current: KubeObject, wanted: KubeObject, now: Date): KubeObject {
  const containers = (wanted.spec?.['ephemeralContainers'] ?? []) as Fields[];
  const startedAt = now.toISOString().replace(/\.\d{3}Z$/, 'Z');
  const statuses = containers.map(({ name, image }) => ({
    name,
    image,
    imageID: '',
    containerID: `containerd://${name}`,
    ready: false,
    restartCount: 0,
    state: { running: { startedAt } },
    lastState: {},
  }));
  return {
    ...current,
    spec: { ...current.spec, ephemeralContainers: containers },
    status: { ...current.status, ephemeralContainerStatuses: statuses },
  };
}

export async function deleteObject(world: ApiWorld, call: Call, target: Target): Promise<void> {
  const current = existing(world, target);
  const options = deleteOptionsIn(await readOptions(call.request));
  if (target.subresource === 'eviction') checkEviction(world.store, current);
  const wantedUid = (options['preconditions'] as Fields | undefined)?.['uid'];
  if (wantedUid !== undefined && wantedUid !== current.metadata.uid)
    throw new StatusError(409, 'Conflict', 'the uid precondition does not match the object');
  if (!isDryRun(call) && !isRecordDryRun(options))
    remove(
      world,
      target.type,
      current,
      String(options['propagationPolicy'] ?? call.query.get('propagationPolicy') ?? 'Background'),
    );
  sendJson(call.response, 200, {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: {
      name: current.metadata.name,
      group: target.type.group,
      kind: target.type.plural,
      uid: current.metadata.uid,
    },
  });
}

export async function deleteCollection(world: ApiWorld, call: Call, target: Target): Promise<void> {
  const options = await readOptions(call.request);
  const objects = world.store.list(target.type, target.namespace).filter(selected(call, target));
  if (!isDryRun(call) && !isRecordDryRun(options))
    for (const object of objects) remove(world, target.type, object, 'Background');
  sendJson(call.response, 200, {
    kind: `${target.type.kind}List`,
    apiVersion: apiVersionOf(target.type),
    metadata: {},
    items: objects,
  });
}

function remove(world: ApiWorld, type: ResourceType, object: KubeObject, propagation: string): void {
  if (type.kind === 'Namespace') {
    if (['default', 'kube-system', 'kube-public'].includes(object.metadata.name))
      throw new StatusError(
        403,
        'Forbidden',
        `namespaces "${object.metadata.name}" is forbidden: this namespace may not be deleted`,
      );
    world.store.update(type, {
      ...object,
      metadata: { ...object.metadata, deletionTimestamp: world.now().toISOString() },
      status: { phase: 'Terminating' },
    });
  } else {
    if (propagation === 'Orphan') orphan(world, object);
    if (type.kind === 'Pod')
      world.controllers.plane.event(object, 'Normal', 'Killing', 'Stopping containers', 'kubelet');
    world.store.remove(type, object);
  }
  world.controllers.reconcile();
}

function orphan(world: ApiWorld, owner: KubeObject): void {
  for (const type of OWNED) {
    for (const object of world.store.list(type, owner.metadata.namespace)) {
      const owners = object.metadata.ownerReferences ?? [];
      if (!owners.some(ref => ref.uid === owner.metadata.uid)) continue;
      world.store.update(type, {
        ...object,
        metadata: { ...object.metadata, ownerReferences: owners.filter(ref => ref.uid !== owner.metadata.uid) },
      });
    }
  }
}
