/** Reads request bodies: JSON, YAML and the protobuf of client-go's typed clients. */
import type { IncomingMessage } from 'node:http';
import { parse as parseYaml } from 'yaml';
import { isRecord } from '../../lib/json.ts';
import { readBytes } from '../../platform/net/server.ts';
import type { PatchType } from './patch.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { StatusError } from './status.ts';

export async function readObject(request: IncomingMessage): Promise<KubeObject> {
  const body = await readValue(request);
  if (!isRecord(body)) throw new StatusError(400, 'BadRequest', 'the body is not an object');
  return { ...body, metadata: isRecord(body['metadata']) ? body['metadata'] : {} } as unknown as KubeObject;
}

/** Reads the optional DeleteOptions. */
export async function readOptions(request: IncomingMessage): Promise<Fields> {
  const body = await readValue(request);
  return isRecord(body) ? body : {};
}

/** Reads a body in JSON or in the protobuf of client-go's typed clients. */
export async function readValue(request: IncomingMessage): Promise<unknown> {
  const body = await readBytes(request);
  if (body.length === 0) return undefined;
  if (!/protobuf/.test(request.headers['content-type'] ?? '')) return parsePatch(body.toString('utf8'), 'merge');
  try {
    const { decodeKubernetesProtobuf } = await import('./protobuf.ts');
    const decoded = decodeKubernetesProtobuf(body);
    if (decoded !== undefined) return decoded;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
  }
  throw new StatusError(415, 'UnsupportedMediaType', 'the sandbox accepts this kind only as JSON');
}

export function patchTypeOf(request: IncomingMessage): PatchType {
  const type = (request.headers['content-type'] ?? '').split(';')[0]?.trim();
  switch (type) {
    case 'application/json-patch+json':
      return 'json';
    case 'application/merge-patch+json':
      return 'merge';
    case 'application/strategic-merge-patch+json':
      return 'strategic';
    case 'application/apply-patch+yaml':
      return 'apply';
    default:
      throw new StatusError(415, 'UnsupportedMediaType', `unsupported patch type: ${type ?? 'no content-type'}`);
  }
}

export function parsePatch(text: string, type: PatchType): unknown {
  try {
    return type === 'apply' ? parseYaml(text) : JSON.parse(text);
  } catch {
    throw new StatusError(400, 'BadRequest', 'the body is not valid JSON or YAML');
  }
}
