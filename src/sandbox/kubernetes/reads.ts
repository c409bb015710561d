/** Serves read requests: objects, lists, server-side tables and watches. */
import { type ApiWorld, type Call, selected, sendJson, wantsTable } from './call.ts';
import { apiVersionOf, type Fields, type KubeObject, type ResourceType } from './resource-types.ts';
import { resourceKey, type WatchEvent } from './store.ts';
import type { Target } from './target.ts';
import { scaleOf, view } from './views.ts';

export function sendList(world: ApiWorld, call: Call, target: Target): void {
  const objects = world.store.list(target.type, target.namespace).filter(selected(call, target));
  const metadata = { resourceVersion: String(world.store.resourceVersion) };
  if (wantsTable(call))
    return sendJson(call.response, 200, tableOf(world, target.type, objects, metadata, isWhole(call)));
  sendJson(call.response, 200, {
    kind: `${target.type.kind}List`,
    apiVersion: apiVersionOf(target.type),
    metadata,
    items: objects.map(o => view(target.type, o)),
  });
}

/** `includeObject=Object`: kubectl needs the objects to sort them. */
function isWhole({ query }: Call): boolean {
  return query.get('includeObject') === 'Object';
}

function tableOf(
  world: ApiWorld,
  type: ResourceType,
  objects: readonly KubeObject[],
  metadata: Fields,
  whole = false,
): Fields {
  const now = world.now();
  return {
    kind: 'Table',
    apiVersion: 'meta.k8s.io/v1',
    metadata,
    columnDefinitions: type.columns.map(column => ({
      name: column.name,
      type: 'string',
      format: column.name === 'Name' ? 'name' : '',
      description: '',
      priority: column.priority,
    })),
    rows: objects.map(object => ({
      cells: type.columns.map(column => column.value(object, now)),
      object: whole
        ? view(type, object)
        : { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
    })),
  };
}

export function sendObject(world: ApiWorld, call: Call, target: Target, object: KubeObject, status = 200): void {
  if (target.subresource === 'scale') return sendJson(call.response, status, scaleOf(object));
  if (wantsTable(call))
    return sendJson(
      call.response,
      status,
      tableOf(world, target.type, [object], { resourceVersion: object.metadata.resourceVersion }, isWhole(call)),
    );
  sendJson(call.response, status, view(target.type, object));
}

export function watch(world: ApiWorld, call: Call, target: Target): void {
  const { query, response } = call;
  const matches = selected(call, target);
  const key = resourceKey(target.type);
  const asTable = wantsTable(call);
  response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
  const write = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
  const shown = (object: KubeObject) =>
    asTable
      ? tableOf(world, target.type, [object], { resourceVersion: object.metadata.resourceVersion })
      : view(target.type, object);
  // An object that no longer matches is reported as DELETED to this watcher.
  const seen = new Set<string>();
  const onEvent = (event: WatchEvent) => {
    if (event.resource !== key) return;
    const uid = String(event.object.metadata.uid);
    if (!matches(event.object)) {
      if (seen.delete(uid)) write('DELETED', shown(event.object));
      return;
    }
    if (event.type === 'DELETED') seen.delete(uid);
    else seen.add(uid);
    write(event.type, shown(event.object));
  };
  const wanted = query.get('resourceVersion');
  const initial = query.get('sendInitialEvents') === 'true' || wanted === null || wanted === '' || wanted === '0';
  const current = world.store.list(target.type, target.namespace).filter(matches);
  for (const object of current) {
    seen.add(String(object.metadata.uid));
    if (initial) write('ADDED', shown(object));
  }
  if (query.get('sendInitialEvents') === 'true') {
    write('BOOKMARK', {
      kind: target.type.kind,
      apiVersion: apiVersionOf(target.type),
      metadata: {
        resourceVersion: String(world.store.resourceVersion),
        annotations: { 'k8s.io/initial-events-end': 'true' },
      },
    });
  }
  const since = initial ? world.store.resourceVersion : Number(wanted);
  const stop = world.store.watch(since, onEvent);
  if (stop === undefined) {
    write('ERROR', {
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'too old resource version',
      reason: 'Expired',
      code: 410,
    });
    response.end();
    return;
  }
  response.flushHeaders();
  world.keepOpen(call.response, stop, Number(query.get('timeoutSeconds') ?? 0));
}
