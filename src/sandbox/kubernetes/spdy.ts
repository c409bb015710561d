/**
 * The server side of SPDY/3.1 (draft-mbelshe-httpbis-spdy-00), as far as kubectl's port-forward uses it: streams opened by the client, data in both
 * directions, no flow control. It works over any Duplex; kubectl uses a WebSocket (KEP-4006).
 */
import { Duplex } from 'node:stream';
import zlib from 'node:zlib';

const VERSION = 3;
const TYPE = { synStream: 1, synReply: 2, rstStream: 3, ping: 6, goAway: 7 } as const;
const FIN = 0x01;
const FRAME_HEAD = 8;
/** The maximum frame length (bytes). */
const MAX_FRAME = 4 * 1024 * 1024;

const WORDS = (
  'options head post put delete trace accept accept-charset accept-encoding accept-language accept-ranges age allow authorization cache-control ' +
  'connection content-base content-encoding content-language content-length content-location content-md5 content-range content-type date etag expect ' +
  'expires from host if-match if-modified-since if-none-match if-range if-unmodified-since last-modified location max-forwards pragma ' +
  'proxy-authenticate proxy-authorization range referer retry-after server te trailer transfer-encoding upgrade user-agent vary via warning ' +
  'www-authenticate method get status|200 OK|version|HTTP/1.1|url public set-cookie keep-alive origin'
)
  .split('|')
  .flatMap((part, i) => (i % 2 === 1 ? [part] : part.split(' ')));
const TAIL =
  '100101201202205206300302303304305306307402405406407408409410411412413414415416417502504505203 Non-Authoritative Information204 No Content301 ' +
  'Moved Permanently400 Bad Request401 Unauthorized403 Forbidden404 Not Found500 Internal Server Error501 Not Implemented503 Service UnavailableJan ' +
  'Feb Mar Apr May Jun Jul Aug Sept Oct Nov Dec 00:00:00 Mon, Tue, Wed, Thu, Fri, Sat, Sun, GMTchunked,text/html,image/png,image/jpg,image/gif,' +
  'application/xml,application/xhtml+xml,text/plain,text/javascript,publicprivatemax-age=gzip,deflate,sdchcharset=utf-8charset=iso-8859-1,utf-,*,enq=0.';

/** The preset dictionary for header compression (section 2.6.10.1). */
export function headerDictionary(): Buffer {
  const lengthOf = (word: string) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(word.length);
    return length;
  };
  return Buffer.concat([...WORDS.flatMap(word => [lengthOf(word), Buffer.from(word)]), Buffer.from(TAIL)]);
}

/** A stream opened by the client. Written data is sent to the client; `end` half-closes the stream. */
export class SpdyStream extends Duplex {
  readonly headers: ReadonlyMap<string, string>;
  readonly #send: (data: Buffer, isLast: boolean, done: () => void) => void;

  constructor(headers: ReadonlyMap<string, string>, send: (data: Buffer, isLast: boolean, done: () => void) => void) {
    super({ allowHalfOpen: true });
    this.headers = headers;
    this.#send = send;
  }

  override _read(): void {
    // Nothing to do: data is pushed when it arrives.
  }

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#send(chunk, false, done);
  }

  override _final(done: () => void): void {
    this.#send(Buffer.alloc(0), true, done);
  }
}

/** Serves SPDY over a Duplex until it ends. Replies to each new stream of the client, then passes it to `onStream`. */
export async function serveSpdy(connection: Duplex, onStream: (stream: SpdyStream) => void): Promise<void> {
  const dictionary = headerDictionary();
  const inflate = zlib.createInflate({ dictionary });
  const deflate = zlib.createDeflate({ dictionary });
  const streams = new Map<number, SpdyStream>();
  const control = (type: number, payload: Buffer) => {
    const head = Buffer.alloc(FRAME_HEAD);
    head.writeUInt16BE(0x8000 | VERSION, 0);
    head.writeUInt16BE(type, 2);
    head.writeUInt32BE(payload.length, 4);
    connection.write(Buffer.concat([head, payload]));
  };
  const sendData = (id: number) => (data: Buffer, isLast: boolean, done: () => void) => {
    if (connection.writableEnded || connection.destroyed) return done();
    const head = Buffer.alloc(FRAME_HEAD);
    head.writeUInt32BE(id, 0);
    head.writeUInt32BE(data.length, 4);
    head.writeUInt8(isLast ? FIN : 0, 4);
    connection.write(Buffer.concat([head, data]), () => done());
  };
  const onFrame = async (frame: Buffer) => {
    const isControl = (frame.readUInt8(0) & 0x80) !== 0;
    const flags = frame.readUInt8(4);
    const payload = frame.subarray(FRAME_HEAD);
    if (!isControl) {
      const stream = streams.get(frame.readUInt32BE(0));
      if (payload.length > 0) stream?.push(payload);
      if (flags & FIN) stream?.push(null);
      return;
    }
    const type = frame.readUInt16BE(2);
    if (type === TYPE.synStream) {
      const id = payload.readUInt32BE(0) & 0x7fffffff;
      const headers = parseHeaders(await through(inflate, payload.subarray(10)));
      const stream = new SpdyStream(headers, sendData(id));
      streams.set(id, stream);
      const reply = Buffer.alloc(4);
      reply.writeUInt32BE(id);
      control(TYPE.synReply, Buffer.concat([reply, await through(deflate, Buffer.alloc(4))]));
      onStream(stream);
      if (flags & FIN) stream.push(null);
    } else if (type === TYPE.rstStream) {
      const id = payload.readUInt32BE(0) & 0x7fffffff;
      streams.get(id)?.destroy();
      streams.delete(id);
    } else if (type === TYPE.ping) control(TYPE.ping, payload);
    else if (type === TYPE.goAway) connection.end();
  };
  let rest: Buffer = Buffer.alloc(0);
  try {
    for await (const chunk of connection as AsyncIterable<Buffer>) {
      rest = Buffer.concat([rest, chunk]);
      while (rest.length >= FRAME_HEAD) {
        const length = FRAME_HEAD + (rest.readUInt32BE(4) & 0xffffff);
        if (length > MAX_FRAME) throw new Error('the frame is too long');
        if (rest.length < length) break;
        await onFrame(rest.subarray(0, length));
        rest = rest.subarray(length);
      }
    }
  } finally {
    for (const stream of streams.values()) stream.destroy();
    inflate.close();
    deflate.close();
  }
}

/** Compresses or decompresses one block. The zlib state is shared by all blocks of a connection. */
function through(transform: zlib.Inflate | zlib.Deflate, block: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const onData = (chunk: Buffer) => chunks.push(chunk);
    const onError = (error: Error) => reject(error);
    transform.on('data', onData).once('error', onError);
    transform.write(block);
    transform.flush(zlib.constants.Z_SYNC_FLUSH, () => {
      transform.off('data', onData).off('error', onError);
      resolve(Buffer.concat(chunks));
    });
  });
}

function parseHeaders(block: Buffer): Map<string, string> {
  const headers = new Map<string, string>();
  let at = 4;
  const text = () => {
    const length = block.readUInt32BE(at);
    const value = block.toString('utf8', at + 4, at + 4 + length);
    at += 4 + length;
    return value;
  };
  for (let left = block.readUInt32BE(0); left > 0; left--) headers.set(text().toLowerCase(), text());
  return headers;
}
