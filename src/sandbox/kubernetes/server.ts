/**
 * The Kubernetes API of one sandbox cluster, as far as kubectl needs it: discovery, get with server-side tables, watch, create, update, patch,
 * delete, scale, logs, reviews. Tokens are verified against the issuer's JWKS for this cluster's client.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { isRecord } from '../../lib/json.ts';
import { readBody } from '../../platform/net/server.ts';
import { matchesSelector, parseSelector } from '../../registry/selector.ts';
import { bearerOfRequest } from '../http.ts';
import type { Claims, Verifier } from '../verifier.ts';
import { type Attributes, mayDo } from './authorization.ts';
import { parsePatch, patchTypeOf, readObject, readOptions } from './body.ts';
import { Controllers, containersOf } from './controllers.ts';
import { discovery, openApiV3 } from './discovery.ts';
import { checkEviction, deleteOptionsIn } from './eviction.ts';
import { LOG_PERIOD_MS, type LogLine, LogWriter } from './logs.ts';
import { PatchError, patched } from './patch.ts';
import { servePortForward } from './port-forward.ts';
import { apiVersionOf, type Fields, findResource, type KubeObject, type ResourceType } from './resources.ts';
import { review } from './reviews.ts';
import { seedCluster } from './seed.ts';
import { StatusError } from './status.ts';
import { ObjectStore, resourceKey, type StoreState, type WatchEvent } from './store.ts';
import { decodeSegment, parseTarget, qualifiedName, type Target } from './target.ts';
import { validated, withServiceDefaults } from './validation.ts';
import { fieldAt, scaleOf, view, withScale } from './views.ts';

export interface KubernetesSettings {
  readonly alias: string;
  readonly state: StoreState;
  readonly onChange: () => void;
  readonly verifier: Verifier;
  /** The audience that tokens must have. */
  readonly clientId: string;
  readonly now: () => Date;
}

interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly claims: Claims;
}

export class KubernetesServer {
  readonly #settings: KubernetesSettings;
  readonly #store: ObjectStore;
  readonly #controllers: Controllers;
  readonly #streams = new Set<() => void>();

  constructor(settings: KubernetesSettings) {
    this.#settings = settings;
    this.#store = new ObjectStore(settings.state, settings.now, settings.onChange);
    this.#controllers = new Controllers(this.#store, settings.now);
    if (settings.state.resourceVersion === 0)
      seedCluster(this.#store, this.#controllers, settings.now(), settings.alias);
    else this.#controllers.reconcile();
  }

  close(): void {
    this.#controllers.close();
    for (const end of this.#streams) end();
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      await this.#handle(request, response);
    } catch (error) {
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const status = statusOf(error);
      sendJson(response, status.code, status);
    }
  }

  /** A request that asks for another protocol: port-forward is the one there is. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let pod: KubeObject;
    try {
      pod = await this.#podToForward(request);
    } catch (error) {
      const status = statusOf(error);
      const body = `${JSON.stringify(status)}\n`;
      socket.end(
        `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    const stop = this.#store.watch(this.#store.resourceVersion, event => {
      if (event.type === 'DELETED' && event.object.metadata.uid === pod.metadata.uid) socket.destroy();
    });
    socket.once('close', () => stop?.());
    await servePortForward(pod, request, socket, head);
  }

  async #podToForward(request: IncomingMessage): Promise<KubeObject> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const claims = await this.#claimsOf(request);
    const target = parseTarget(url.pathname.split('/').filter(Boolean).map(decodeSegment));
    if (target?.subresource !== 'portforward')
      throw new StatusError(400, 'BadRequest', 'there is nothing to upgrade to here');
    this.#authorize(claims, {
      verb: 'create',
      group: '',
      resource: 'pods',
      subresource: target.subresource,
      namespace: target.namespace,
      name: target.name,
    });
    const pod = this.#existing(target);
    if (pod.status?.['phase'] !== 'Running')
      throw new StatusError(400, 'BadRequest', `pod ${pod.metadata.name} is not running`);
    return pod;
  }

  async #claimsOf(request: IncomingMessage): Promise<Claims> {
    const token = bearerOfRequest(request);
    const claims = token === undefined ? undefined : await this.#settings.verifier.jwt(token, this.#settings.clientId);
    if (claims === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    return claims;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = request.url ?? '/';
    if (!URL.canParse(raw, 'http://sandbox')) throw new StatusError(400, 'BadRequest', 'the path is no path');
    const url = new URL(raw, 'http://sandbox');
    const segments = url.pathname.split('/').filter(Boolean).map(decodeSegment);
    const [first] = segments;
    if (segments.length === 1 && (first === 'healthz' || first === 'livez' || first === 'readyz')) {
      response.writeHead(200, { 'content-type': 'text/plain' }).end('ok');
      return;
    }
    const claims = await this.#claimsOf(request);
    const method = request.method ?? 'GET';
    const call: Call = { request, response, method, query: url.searchParams, claims };
    if (method === 'GET') {
      const found = first === 'openapi' && segments[1] === 'v3' ? openApiV3(segments.slice(2)) : discovery(segments);
      if (found !== undefined) return sendJson(response, 200, found);
    }
    if (method === 'POST') {
      const answer = await review(request, claims, segments, this.#settings.now());
      if (answer !== undefined) return sendJson(response, 201, answer);
    }
    const target = parseTarget(segments);
    if (target === undefined)
      throw new StatusError(404, 'NotFound', 'the server could not find the requested resource');
    await this.#resource(call, target);
  }

  async #resource(call: Call, target: Target): Promise<void> {
    const verb = verbOf(call, target);
    this.#authorize(call.claims, {
      verb,
      group: target.type.group,
      resource: target.type.plural,
      subresource: target.subresource,
      namespace: target.namespace,
      name: target.name,
    });
    switch (verb) {
      case 'list':
        return this.#list(call, target);
      case 'watch':
        return this.#watch(call, target);
      case 'get':
        if (target.subresource === 'log') return this.#log(call, target);
        return this.#sendObject(call, target, this.#existing(target));
      case 'create':
        return target.subresource === 'eviction' ? this.#delete(call, target) : this.#create(call, target);
      case 'update':
        return this.#update(call, target);
      case 'patch':
        return this.#patch(call, target);
      case 'delete':
        return this.#delete(call, target);
      case 'deletecollection':
        return this.#deleteCollection(call, target);
      default:
        throw new StatusError(405, 'MethodNotAllowed', `${call.method} is not possible here`);
    }
  }

  #authorize(claims: Claims, attributes: Attributes): void {
    if (mayDo(claims, attributes)) return;
    const { verb, group, resource, subresource, namespace, name } = attributes;
    const full = subresource === undefined ? resource : `${resource}/${subresource}`;
    const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
    const qualified = group === '' ? resource : `${resource}.${group}`;
    const subject = name === undefined ? qualified : `${qualified} "${name}"`;
    throw new StatusError(
      403,
      'Forbidden',
      `${subject} is forbidden: User "${claims.email ?? claims.sub}" cannot ${verb} resource "${full}" in API group "${group}" ${where}: production is read-only without cluster access`,
      { name, group, kind: resource },
    );
  }

  #existing(target: Target): KubeObject {
    const { type, namespace, name = '' } = target;
    const found = this.#store.get(type, namespace, name);
    if (found) return found;
    throw new StatusError(404, 'NotFound', `${qualifiedName(type)} "${name}" not found`, {
      name,
      group: type.group,
      kind: type.plural,
    });
  }

  #selected(call: Call, target: Target): (object: KubeObject) => boolean {
    const labels = parseSelectorOr400(call.query.get('labelSelector') ?? '');
    const fields = parseSelectorOr400(call.query.get('fieldSelector') ?? '');
    return object =>
      (target.namespace === undefined || object.metadata.namespace === target.namespace) &&
      (target.name === undefined || object.metadata.name === target.name) &&
      matchesSelector(labels, key => object.metadata.labels?.[key]) &&
      matchesSelector(fields, path => fieldAt(object, path));
  }

  #list(call: Call, target: Target): void {
    const objects = this.#store.list(target.type, target.namespace).filter(this.#selected(call, target));
    const metadata = { resourceVersion: String(this.#store.resourceVersion) };
    if (wantsTable(call)) return sendJson(call.response, 200, this.#table(target.type, objects, metadata));
    sendJson(call.response, 200, {
      kind: `${target.type.kind}List`,
      apiVersion: apiVersionOf(target.type),
      metadata,
      items: objects.map(o => view(target.type, o)),
    });
  }

  #table(type: ResourceType, objects: readonly KubeObject[], metadata: Fields): Fields {
    const now = this.#settings.now();
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
        object: { kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata: object.metadata },
      })),
    };
  }

  #sendObject(call: Call, target: Target, object: KubeObject, status = 200): void {
    if (target.subresource === 'scale') return sendJson(call.response, status, scaleOf(object));
    if (wantsTable(call))
      return sendJson(
        call.response,
        status,
        this.#table(target.type, [object], { resourceVersion: object.metadata.resourceVersion }),
      );
    sendJson(call.response, status, view(target.type, object));
  }

  #watch(call: Call, target: Target): void {
    const { query, response } = call;
    const matches = this.#selected(call, target);
    const key = resourceKey(target.type);
    const asTable = wantsTable(call);
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-cache' });
    const write = (type: string, object: unknown) => response.write(`${JSON.stringify({ type, object })}\n`);
    const shown = (object: KubeObject) =>
      asTable
        ? this.#table(target.type, [object], { resourceVersion: object.metadata.resourceVersion })
        : view(target.type, object);
    // What matched before and does not any more is gone for this watcher.
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
    const current = this.#store.list(target.type, target.namespace).filter(matches);
    for (const object of current) {
      seen.add(String(object.metadata.uid));
      if (initial) write('ADDED', shown(object));
    }
    if (query.get('sendInitialEvents') === 'true') {
      write('BOOKMARK', {
        kind: target.type.kind,
        apiVersion: apiVersionOf(target.type),
        metadata: {
          resourceVersion: String(this.#store.resourceVersion),
          annotations: { 'k8s.io/initial-events-end': 'true' },
        },
      });
    }
    const since = initial ? this.#store.resourceVersion : Number(wanted);
    const stop = this.#store.watch(since, onEvent);
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
    this.#stream(call, stop, Number(query.get('timeoutSeconds') ?? 0));
  }

  /** Keeps a response open until the client goes, its time is up, or the sandbox ends. */
  #stream(call: Call, stop: () => void, timeoutSeconds: number): void {
    const { response } = call;
    const timer = timeoutSeconds > 0 ? setTimeout(() => response.end(), timeoutSeconds * 1000).unref() : undefined;
    const end = () => response.end();
    this.#streams.add(end);
    response.on('close', () => {
      clearTimeout(timer);
      stop();
      this.#streams.delete(end);
    });
  }

  #log(call: Call, target: Target): void {
    const pod = this.#existing(target);
    const { query, response } = call;
    const names = containersOf(pod).map(c => String(c['name']));
    const container = query.get('container') ?? names[0] ?? '';
    if (!names.includes(container))
      throw new StatusError(400, 'BadRequest', `container ${container} is not valid for pod ${pod.metadata.name}`);
    const running = ((pod.status?.['containerStatuses'] ?? []) as Fields[]).find(s => s['name'] === container)?.[
      'state'
    ];
    const startedAt = running?.running?.startedAt ?? running?.terminated?.startedAt;
    if (startedAt === undefined)
      throw new StatusError(
        400,
        'BadRequest',
        `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`,
      );
    if (query.get('previous') === 'true')
      throw new StatusError(
        400,
        'BadRequest',
        `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`,
      );
    const now = this.#settings.now();
    const seconds = query.get('sinceSeconds');
    const since =
      query.get('sinceTime') ??
      (seconds === null ? undefined : new Date(now.getTime() - Number(seconds) * 1000).toISOString());
    const writer = new LogWriter(pod, container, new Date(startedAt), now);
    let lines = writer.linesUntil(now);
    if (since !== undefined) lines = lines.filter(line => line.time.getTime() >= new Date(since).getTime());
    const tail = query.get('tailLines');
    if (tail !== null) lines = Number(tail) === 0 ? [] : lines.slice(-Number(tail));
    const withTime = query.get('timestamps') === 'true';
    const format = (line: LogLine) => `${withTime ? `${line.time.toISOString()} ` : ''}${line.text}\n`;
    response.writeHead(200, { 'content-type': 'text/plain' });
    response.write(lines.map(format).join(''));
    if (query.get('follow') !== 'true' || running?.terminated) {
      response.end();
      return;
    }
    response.flushHeaders();
    const timer = setInterval(
      () => response.write(writer.linesUntil(this.#settings.now()).map(format).join('')),
      LOG_PERIOD_MS,
    ).unref();
    const stopWatch = this.#store.watch(this.#store.resourceVersion, event => {
      if (event.type === 'DELETED' && event.object.metadata.uid === pod.metadata.uid) response.end();
    });
    this.#stream(
      call,
      () => {
        clearInterval(timer);
        stopWatch?.();
      },
      0,
    );
  }

  async #create(call: Call, target: Target): Promise<void> {
    const body = await readObject(call.request);
    const object = validated(target, body);
    if (
      target.namespace !== undefined &&
      this.#store.get(namespacesType(), undefined, target.namespace) === undefined
    ) {
      throw new StatusError(404, 'NotFound', `namespaces "${target.namespace}" not found`, {
        name: target.namespace,
        kind: 'namespaces',
      });
    }
    if (this.#store.get(target.type, object.metadata.namespace, object.metadata.name)) {
      throw new StatusError(
        409,
        'AlreadyExists',
        `${qualifiedName(target.type)} "${object.metadata.name}" already exists`,
        { name: object.metadata.name, group: target.type.group, kind: target.type.plural },
      );
    }
    if (target.type.kind === 'Service') object.spec = withServiceDefaults(object.spec ?? {});
    if (isDryRun(call)) return this.#sendObject(call, target, this.#asStored(target, object), 201);
    const created = this.#store.create(target.type, object);
    this.#controllers.reconcile();
    this.#sendObject(
      call,
      target,
      this.#store.get(target.type, created.metadata.namespace, created.metadata.name) ?? created,
      201,
    );
  }

  #asStored(target: Target, object: KubeObject): KubeObject {
    return {
      ...object,
      apiVersion: apiVersionOf(target.type),
      kind: target.type.kind,
      metadata: {
        ...object.metadata,
        creationTimestamp: this.#settings
          .now()
          .toISOString()
          .replace(/\.\d{3}Z$/, 'Z'),
        uid: '00000000-0000-0000-0000-000000000000',
      },
    };
  }

  async #update(call: Call, target: Target): Promise<void> {
    const current = this.#existing(target);
    const body = await readObject(call.request);
    this.#replace(call, target, current, target.subresource === 'scale' ? withScale(current, body) : body);
  }

  async #patch(call: Call, target: Target): Promise<void> {
    const type = patchTypeOf(call.request);
    const patch = parsePatch(await readBody(call.request), type);
    const exists = this.#store.get(target.type, target.namespace, target.name ?? '');
    if (exists === undefined && type === 'apply' && isRecord(patch)) {
      const object = validated(target, patch as unknown as KubeObject);
      if (isDryRun(call)) return this.#sendObject(call, target, this.#asStored(target, object), 201);
      const created = this.#store.create(target.type, object);
      this.#controllers.reconcile();
      return this.#sendObject(call, target, created, 201);
    }
    const current = this.#existing(target);
    const isScale = target.subresource === 'scale';
    let result: KubeObject;
    try {
      result = patched(isScale ? scaleOf(current) : current, patch, type) as unknown as KubeObject;
    } catch (error) {
      if (error instanceof PatchError) throw new StatusError(400, 'BadRequest', error.message);
      throw error;
    }
    this.#replace(call, target, current, isScale ? withScale(current, result) : result);
  }

  #replace(call: Call, target: Target, current: KubeObject, wanted: KubeObject): void {
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
    // Only the status subresource changes a status.
    const next: KubeObject =
      target.subresource === 'status'
        ? { ...current, ...(checked.status ? { status: checked.status } : {}) }
        : { ...checked, ...(current.status ? { status: current.status } : {}) };
    if (isDryRun(call)) return this.#sendObject(call, target, next);
    const updated = this.#store.update(target.type, next);
    this.#controllers.reconcile();
    this.#sendObject(
      call,
      target,
      this.#store.get(target.type, updated.metadata.namespace, updated.metadata.name) ?? updated,
    );
  }

  async #delete(call: Call, target: Target): Promise<void> {
    const current = this.#existing(target);
    const options = deleteOptionsIn(await readOptions(call.request));
    if (target.subresource === 'eviction') checkEviction(this.#store, current);
    const wantedUid = (options['preconditions'] as Fields | undefined)?.['uid'];
    if (wantedUid !== undefined && wantedUid !== current.metadata.uid)
      throw new StatusError(409, 'Conflict', 'the object has another uid');
    if (!isDryRun(call) && !isRecordDryRun(options))
      this.#remove(
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

  async #deleteCollection(call: Call, target: Target): Promise<void> {
    const options = await readOptions(call.request);
    const objects = this.#store.list(target.type, target.namespace).filter(this.#selected(call, target));
    if (!isDryRun(call) && !isRecordDryRun(options))
      for (const object of objects) this.#remove(target.type, object, 'Background');
    sendJson(call.response, 200, {
      kind: `${target.type.kind}List`,
      apiVersion: apiVersionOf(target.type),
      metadata: {},
      items: objects,
    });
  }

  #remove(type: ResourceType, object: KubeObject, propagation: string): void {
    if (type.kind === 'Namespace') {
      if (['default', 'kube-system', 'kube-public'].includes(object.metadata.name))
        throw new StatusError(
          403,
          'Forbidden',
          `namespaces "${object.metadata.name}" is forbidden: this namespace may not be deleted`,
        );
      this.#store.update(type, {
        ...object,
        metadata: { ...object.metadata, deletionTimestamp: this.#settings.now().toISOString() },
        status: { phase: 'Terminating' },
      });
    } else {
      if (propagation === 'Orphan') this.#orphan(object);
      if (type.kind === 'Pod') this.#controllers.event(object, 'Normal', 'Killing', 'Stopping containers', 'kubelet');
      this.#store.remove(type, object);
    }
    this.#controllers.reconcile();
  }

  #orphan(owner: KubeObject): void {
    for (const [group, plural] of [
      ['', 'pods'],
      ['apps', 'replicasets'],
    ] as const) {
      const type = findResource(group, 'v1', plural);
      if (type === undefined) continue;
      for (const object of this.#store.list(type, owner.metadata.namespace)) {
        const owners = object.metadata.ownerReferences ?? [];
        if (!owners.some(ref => ref.uid === owner.metadata.uid)) continue;
        this.#store.update(type, {
          ...object,
          metadata: { ...object.metadata, ownerReferences: owners.filter(ref => ref.uid !== owner.metadata.uid) },
        });
      }
    }
  }
}

function statusOf(error: unknown) {
  const status = error instanceof StatusError ? error : new StatusError(500, 'InternalError', 'the sandbox has a bug');
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: status.message,
    reason: status.reason,
    ...(status.details ? { details: status.details } : {}),
    code: status.code,
  };
}

function verbOf(call: Call, target: Target): string {
  const isWatch = call.query.get('watch') === 'true' || call.query.get('watch') === '1';
  switch (call.method) {
    case 'GET':
      if (isWatch && target.subresource === undefined) return 'watch';
      return target.name === undefined ? 'list' : 'get';
    case 'POST':
      return target.name === undefined || target.subresource === 'eviction' ? 'create' : 'none';
    case 'PUT':
      return target.name === undefined ? 'none' : 'update';
    case 'PATCH':
      return target.name === undefined ? 'none' : 'patch';
    case 'DELETE':
      return target.name === undefined ? 'deletecollection' : 'delete';
    default:
      return 'none';
  }
}

function namespacesType(): ResourceType {
  return required('', 'namespaces');
}

function required(group: string, plural: string): ResourceType {
  const type = findResource(group, 'v1', plural);
  if (type === undefined) throw new Error(`no such resource: ${plural}`);
  return type;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(`${JSON.stringify(value)}\n`);
}

function wantsTable(call: Call): boolean {
  return /as=Table/.test(call.request.headers.accept ?? '');
}

function isDryRun(call: Call): boolean {
  return call.query.getAll('dryRun').includes('All');
}

function isRecordDryRun(options: Fields): boolean {
  return Array.isArray(options['dryRun']) && options['dryRun'].includes('All');
}

function parseSelectorOr400(text: string) {
  try {
    return parseSelector(text);
  } catch (error) {
    throw new StatusError(400, 'BadRequest', error instanceof Error ? error.message : 'bad selector');
  }
}
