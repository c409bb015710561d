/** Bodies of answers, decoded and bounded: what is longer than it may be, or grows too much, is cut off. */
import type { Readable } from 'node:stream';
import type { Dispatcher } from 'undici';
import { UnreachableError } from '../../errors.ts';
import type { HttpRequest } from './http-types.ts';

export const DEFAULT_MAX_BYTES = 16 * 1024 * 1024;
/** Beyond this size, a body that grew more than this by decompression is taken for a bomb: JSON grows 10 to 30 times. */
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

/** What a login service may say at once: discovery, keys and tokens are small. */
const MAX_FETCH_BYTES = 2 * 1024 * 1024;

/** The same response with its body read whole, up to a limit that counts decompressed bytes. */
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
