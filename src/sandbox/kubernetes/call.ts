/** One request to the API server of a sandbox cluster, and helpers for its handlers. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { matchesSelector, parseSelector } from '../../registry/selector.ts';
import type { Claims } from '../verifier.ts';
import type { Controllers } from './controllers.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { StatusError } from './status.ts';
import type { ObjectStore } from './store.ts';
import { qualifiedName, type Target } from './target.ts';
import { fieldAt } from './views.ts';

export interface Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly method: string;
  readonly query: URLSearchParams;
  readonly claims: Claims;
}

export interface ApiWorld {
  readonly store: ObjectStore;
  readonly controllers: Controllers;
  readonly now: () => Date;
  /** Keeps a response open until the client disconnects, the timeout expires (seconds; 0: no timeout), or the sandbox ends. */
  keepOpen(response: ServerResponse, stop: () => void, timeoutSeconds: number): void;
}

export function statusOf(error: unknown) {
  const status =
    error instanceof StatusError ? error : new StatusError(500, 'InternalError', 'internal error in the sandbox');
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

export function verbOf(call: Call, target: Target): string {
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

export function sendJson(response: ServerResponse, status: number, value: unknown, type = 'application/json'): void {
  response.writeHead(status, { 'content-type': type }).end(`${JSON.stringify(value)}\n`);
}

export function wantsTable(call: Call): boolean {
  return /as=Table/.test(call.request.headers.accept ?? '');
}

export function isDryRun(call: Call): boolean {
  return call.query.getAll('dryRun').includes('All');
}

export function isRecordDryRun(options: Fields): boolean {
  return Array.isArray(options['dryRun']) && options['dryRun'].includes('All');
}

export function existing(world: ApiWorld, target: Target): KubeObject {
  const { type, namespace, name = '' } = target;
  const found = world.store.get(type, namespace, name);
  if (found) return found;
  throw new StatusError(404, 'NotFound', `${qualifiedName(type)} "${name}" not found`, {
    name,
    group: type.group,
    kind: type.plural,
  });
}

/** Returns a filter for the objects that match the request's selectors. */
export function selected(call: Call, target: Target): (object: KubeObject) => boolean {
  const labels = parseSelectorOr400(call.query.get('labelSelector') ?? '');
  const fields = parseSelectorOr400(call.query.get('fieldSelector') ?? '');
  return object =>
    (target.namespace === undefined || object.metadata.namespace === target.namespace) &&
    (target.name === undefined || object.metadata.name === target.name) &&
    matchesSelector(labels, key => object.metadata.labels?.[key]) &&
    matchesSelector(fields, path => fieldAt(object, path));
}

function parseSelectorOr400(text: string) {
  try {
    return parseSelector(text);
  } catch (error) {
    throw new StatusError(400, 'BadRequest', error instanceof Error ? error.message : 'bad selector');
  }
}
