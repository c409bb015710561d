/**
 * Decodes the protobuf of kubectl's typed clients (`kubectl create`, `auth can-i`): `k8s\0`, then a runtime.Unknown that contains the object.
 * Responses are always JSON, which every client accepts.
 */
import { PROTOBUF_SCHEMA } from './protobuf-schema.ts';

const MAGIC = Buffer.from('k8s\0', 'latin1');

interface Field {
  readonly name: string;
  readonly kind: 'single' | 'list' | 'map';
  readonly type: string;
}

/** The wire's types (protobuf encoding). */
type Wire = { readonly field: number; readonly varint: bigint } | { readonly field: number; readonly bytes: Buffer };

/** The object in a request body, with apiVersion and kind. Undefined: not Kubernetes protobuf, or an unknown kind. */
export function decodeKubernetesProtobuf(body: Buffer): Record<string, unknown> | undefined {
  if (!body.subarray(0, 4).equals(MAGIC)) return undefined;
  let apiVersion = '';
  let kind = '';
  let raw: Buffer | undefined;
  for (const item of wireFields(body.subarray(4))) {
    if (!('bytes' in item)) continue;
    if (item.field === 2) raw = item.bytes;
    if (item.field !== 1) continue;
    for (const meta of wireFields(item.bytes)) {
      if (!('bytes' in meta)) continue;
      if (meta.field === 1) apiVersion = meta.bytes.toString('utf8');
      if (meta.field === 2) kind = meta.bytes.toString('utf8');
    }
  }
  const name = messageName(apiVersion, kind);
  if (raw === undefined || name === undefined) return undefined;
  return { apiVersion, kind, ...decodeMessage(name, raw) };
}

function messageName(apiVersion: string, kind: string): string | undefined {
  const group = apiVersion.includes('/') ? (apiVersion.split('/')[0]?.split('.')[0] ?? '') : 'core';
  const candidates = [`${group}.${kind}`, `${group}2.${kind}`, `meta.${kind}`];
  return candidates.find(candidate => Object.hasOwn(PROTOBUF_SCHEMA, candidate));
}

function fieldsOf(message: string): ReadonlyMap<number, Field> {
  const fields = new Map<number, Field>();
  for (const line of (PROTOBUF_SCHEMA[message] ?? '').split('|').filter(Boolean)) {
    const [number = '', name = '', type = ''] = line.split(' ');
    const kind = type.startsWith('*') ? 'list' : type.startsWith('{') ? 'map' : 'single';
    fields.set(Number(number), { name, kind, type: kind === 'single' ? type : type.slice(1) });
  }
  return fields;
}

function decodeMessage(message: string, buffer: Buffer): Record<string, unknown> {
  const fields = fieldsOf(message);
  const result: Record<string, unknown> = {};
  for (const item of wireFields(buffer)) {
    const field = fields.get(item.field);
    if (field === undefined) continue;
    if (field.kind === 'map') {
      if (!('bytes' in item)) continue;
      const entry = new Map([...wireFields(item.bytes)].map(part => [part.field, part]));
      const key = entry.get(1);
      const value = entry.get(2);
      const map = (result[field.name] ?? {}) as Record<string, unknown>;
      if (key && 'bytes' in key)
        map[key.bytes.toString('utf8')] = value === undefined ? emptyValue(field.type) : decodeValue(field.type, value);
      result[field.name] = map;
    } else if (field.kind === 'list') {
      result[field.name] = [...((result[field.name] as unknown[] | undefined) ?? []), decodeValue(field.type, item)];
    } else {
      const value = decodeValue(field.type, item);
      if (field.name === '') Object.assign(result, value);
      else if (!isUnset(value)) result[field.name] = value;
    }
  }
  return result;
}

/** Go encodes unset strings as empty strings, and unset times as empty messages. */
function isUnset(value: unknown): boolean {
  return value === '' || value === undefined;
}

function emptyValue(type: string): unknown {
  return type === 's' || type === 'y' ? '' : type === 'Quantity' ? '0' : {};
}

function decodeValue(type: string, item: Wire): unknown {
  if ('varint' in item) return type === 'b' ? item.varint !== 0n : Number(BigInt.asIntN(64, item.varint));
  const { bytes } = item;
  switch (type) {
    case 's':
      return bytes.toString('utf8');
    case 'y':
      return bytes.toString('base64');
    case 'Quantity':
      return [...wireFields(bytes)].map(part => ('bytes' in part ? part.bytes.toString('utf8') : ''))[0] ?? '0';
    case 'IntOrString': {
      const parts = new Map([...wireFields(bytes)].map(part => [part.field, part]));
      const isText = decodeValue('i', parts.get(1) ?? { field: 1, varint: 0n }) === 1;
      const value = parts.get(isText ? 3 : 2);
      return value === undefined ? (isText ? '' : 0) : decodeValue(isText ? 's' : 'i', value);
    }
    case 'Time': {
      const seconds = [...wireFields(bytes)].find(part => part.field === 1);
      return seconds && 'varint' in seconds
        ? new Date(Number(seconds.varint) * 1000).toISOString().replace('.000Z', 'Z')
        : undefined;
    }
    default:
      return decodeMessage(type, bytes);
  }
}

function* wireFields(buffer: Buffer): Generator<Wire> {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = buffer[at++];
      if (byte === undefined) throw new RangeError('the protobuf is cut off');
      value |= BigInt(byte & 0x7f) << shift;
      if ((byte & 0x80) === 0) return value;
    }
    throw new RangeError('the protobuf contains an unterminated varint');
  };
  while (at < buffer.length) {
    const tag = Number(varint());
    const field = tag >>> 3;
    switch (tag & 7) {
      case 0:
        yield { field, varint: varint() };
        break;
      case 1:
        at += 8;
        break;
      case 2: {
        const length = Number(varint());
        if (at + length > buffer.length) throw new RangeError('the protobuf is cut off');
        yield { field, bytes: buffer.subarray(at, at + length) };
        at += length;
        break;
      }
      case 5:
        at += 4;
        break;
      default:
        throw new RangeError('the protobuf contains an unknown wire type');
    }
  }
}
