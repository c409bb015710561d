/** Reads response bodies: decompresses them, and rejects a body that is too long or looks like a decompression bomb. */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { UnreachableError } from '../../errors.ts';
import type { HttpRequest } from './http-types.ts';

export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** A body above this size counts as a decompression bomb when it is more than BOMB_RATIO times its compressed size. JSON: 10 to 30 times. */
const BOMB_BYTES = 16 * 1024 * 1024;
const BOMB_RATIO = 150;

export async function readCapped(answer: Dispatcher.ResponseData, request: HttpRequest): Promise<Buffer> {
  const maxBytes = request.maxBytes ?? DEFAULT_MAX_BYTES;
  const length = Number(answer.headers['content-length']);
  let wireBytes = 0;
  const stream = await decoded(answer, bytes => {
    wireBytes += bytes;
  });
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    size += chunk.length;
    const isBomb = size > BOMB_BYTES && wireBytes > 0 && size > wireBytes * BOMB_RATIO;
    if (size > maxBytes || isBomb) {
      answer.body.destroy();
      throw new UnreachableError(`${request.service} sent more than ${isBomb ? BOMB_BYTES : maxBytes} bytes`, {
        code: 'body_too_large',
      });
    }
    chunks.push(chunk);
    request.onProgress?.(size, Number.isFinite(length) ? length : undefined);
  }
  return Buffer.concat(chunks);
}

async function decoded(answer: Dispatcher.ResponseData, onWire: (bytes: number) => void): Promise<Readable> {
  const encoding = answer.headers['content-encoding'];
  if (encoding !== 'gzip' && encoding !== 'deflate') return answer.body;
  const [zlib, { pipeline }] = await Promise.all([import('node:zlib'), import('node:stream')]);
  const decoder = encoding === 'gzip' ? zlib.createGunzip() : zlib.createInflate();
  answer.body.on('data', (chunk: Buffer) => onWire(chunk.length));
  // The error reaches the reader through the decoder.
  pipeline(answer.body, decoder, () => undefined);
  return decoder;
}

/** The longest response of the login service: discovery documents, keys and tokens are small. */
const MAX_FETCH_BYTES = 2 * 1024 * 1024;

/** The same response with its whole body read. The limit counts decompressed bytes. */
export async function cappedResponse(response: Response, service: string): Promise<Response> {
  if (response.body === null) return response;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > MAX_FETCH_BYTES)
      throw new UnreachableError(`${service} sent more than ${MAX_FETCH_BYTES} bytes`, { code: 'body_too_large' });
    chunks.push(chunk);
  }
  const { status, statusText, headers } = response;
  const isEmpty = status === 204 || status === 205 || status === 304;
  return new Response(isEmpty ? null : Buffer.concat(chunks), { status, statusText, headers: [...headers] });
}
