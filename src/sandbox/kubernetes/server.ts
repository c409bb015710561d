/**
 * The Kubernetes API of one sandbox cluster, as far as kubectl needs it: discovery, get with server-side tables, watch, create, update, patch,
 * delete, scale, logs, reviews. Tokens are verified against the issuer's JWKS for this cluster's client.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { bearerOfRequest } from '../http.ts';
import type { Claims, Verifier } from '../verifier.ts';
import { type Attributes, mayDo } from './authorization.ts';
import { type ApiWorld, type Call, existing, sendJson, statusOf, verbOf } from './call.ts';
import { Controllers } from './controllers.ts';
import { AGGREGATED_TYPE, discovery, isAggregated } from './discovery.ts';
import { serveExec } from './exec.ts';
import { metricsOf, metricsTarget } from './metrics.ts';
import { openApiV3 } from './openapi.ts';
import { sendLog } from './pod-log.ts';
import { containerIn } from './pods.ts';
import { servePortForward } from './port-forward.ts';
import { sendList, sendObject, watch } from './reads.ts';
import type { KubeObject } from './resource-types.ts';
import { review } from './reviews.ts';
import { type SeedOptions, seedCluster } from './seed.ts';
import { StatusError } from './status.ts';
import { ObjectStore, type StoreState } from './store.ts';
import { decodeSegment, parseTarget, type Target } from './target.ts';
import { create, deleteCollection, deleteObject, patch, update } from './writes.ts';

export interface KubernetesSettings {
  readonly state: StoreState;
  readonly onChange: () => void;
  readonly verifier: Verifier;
  readonly seed: SeedOptions;
  /** A token is for one of these. */
  readonly audiences: string[];
  readonly now: () => Date;
}

export class KubernetesServer implements ApiWorld {
  readonly #settings: KubernetesSettings;
  readonly store: ObjectStore;
  readonly controllers: Controllers;
  readonly #streams = new Set<() => void>();

  constructor(settings: KubernetesSettings) {
    this.#settings = settings;
    this.store = new ObjectStore(settings.state, settings.now, settings.onChange);
    this.controllers = new Controllers(this.store, settings.now);
    if (settings.state.resourceVersion === 0) seedCluster(this.store, this.controllers, settings.now(), settings.seed);
    else this.controllers.reconcile();
  }

  get now(): () => Date {
    return this.#settings.now;
  }

  close(): void {
    this.controllers.close();
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

  /** Handles an Upgrade request: port-forward, exec or attach. */
  async upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    let pod: KubeObject;
    let subresource: string | undefined;
    const query = new URL(request.url ?? '/', 'http://sandbox').searchParams;
    let container: string | undefined;
    try {
      ({ pod, subresource } = await this.#podToConnect(request));
      container = containerIn(pod, query.get('container'));
      if (container === undefined)
        throw new StatusError(
          400,
          'BadRequest',
          `container ${query.get('container')} is not valid for pod ${pod.metadata.name}`,
        );
    } catch (error) {
      const status = statusOf(error);
      const body = `${JSON.stringify(status)}\n`;
      socket.end(
        `HTTP/1.1 ${status.code} ${status.reason}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
      );
      return;
    }
    const stop = this.store.watch(this.store.resourceVersion, event => {
      if (event.type === 'DELETED' && event.object.metadata.uid === pod.metadata.uid) socket.destroy();
    });
    socket.once('close', () => stop?.());
    if (subresource === 'portforward') return servePortForward(pod, request, socket, head);
    await serveExec(subresource === 'attach', { pod, container, query, now: this.now }, request, socket, head);
  }

  async #podToConnect(request: IncomingMessage): Promise<{ pod: KubeObject; subresource: string }> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const claims = await this.#claimsOf(request);
    const target = parseTarget(url.pathname.split('/').filter(Boolean).map(decodeSegment));
    if (target?.subresource === undefined || !/^(portforward|exec|attach)$/.test(target.subresource))
      throw new StatusError(400, 'BadRequest', 'upgrade is supported only for portforward, exec and attach');
    this.#authorize(claims, {
      verb: 'create',
      group: '',
      resource: 'pods',
      subresource: target.subresource,
      namespace: target.namespace,
      name: target.name,
    });
    const pod = existing(this, target);
    if (pod.status?.['phase'] !== 'Running')
      throw new StatusError(400, 'BadRequest', `pod ${pod.metadata.name} is not running`);
    return { pod, subresource: target.subresource };
  }

  async #claimsOf(request: IncomingMessage): Promise<Claims> {
    const token = bearerOfRequest(request);
    const { verifier, audiences } = this.#settings;
    const claims = token === undefined ? undefined : await verifier.jwt(token, audiences);
    if (claims === undefined) throw new StatusError(401, 'Unauthorized', 'Unauthorized');
    return claims;
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const raw = request.url ?? '/';
    if (!URL.canParse(raw, 'http://sandbox')) throw new StatusError(400, 'BadRequest', 'invalid path');
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
      const { accept } = request.headers;
      const isOpenApi = first === 'openapi' && segments[1] === 'v3';
      const found = isOpenApi ? await openApiV3(segments.slice(2)) : discovery(segments, accept);
      if (found !== undefined) return sendJson(response, 200, found, isAggregated(found) ? AGGREGATED_TYPE : undefined);
    }
    if (method === 'POST') {
      const answer = await review(request, claims, segments, this.#settings.now());
      if (answer !== undefined) return sendJson(response, 201, answer);
    }
    const metrics = method === 'GET' ? metricsTarget(segments) : undefined;
    if (metrics) {
      const { resource, namespace, name } = metrics;
      this.#authorize(claims, {
        verb: name === undefined ? 'list' : 'get',
        group: 'metrics.k8s.io',
        resource,
        namespace,
        name,
      });
      return sendJson(response, 200, metricsOf(this, call, metrics));
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
        return sendList(this, call, target);
      case 'watch':
        return watch(this, call, target);
      case 'get':
        if (target.subresource === 'log') return sendLog(this, call, target);
        return sendObject(this, call, target, existing(this, target));
      case 'create':
        return target.subresource === 'eviction' ? deleteObject(this, call, target) : create(this, call, target);
      case 'update':
        return update(this, call, target);
      case 'patch':
        return patch(this, call, target);
      case 'delete':
        return deleteObject(this, call, target);
      case 'deletecollection':
        return deleteCollection(this, call, target);
      default:
        throw new StatusError(405, 'MethodNotAllowed', `method ${call.method} is not allowed here`);
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

  /** Keeps a response open until the client disconnects, the timeout expires, or the sandbox ends. */
  keepOpen(response: ServerResponse, stop: () => void, timeoutSeconds: number): void {
    const timer = timeoutSeconds > 0 ? setTimeout(() => response.end(), timeoutSeconds * 1000).unref() : undefined;
    const end = () => response.end();
    this.#streams.add(end);
    response.on('close', () => {
      clearTimeout(timer);
      stop();
      this.#streams.delete(end);
    });
  }
}
