/**
 * `port-forward` to a sandbox pod over WebSocket (`SPDY/3.1+portforward.k8s.io`, KEP-4006).
 * A pod with socat forwards to socat's target, only on loopback. Any other pod serves a hello page over HTTP on its container ports.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectLocally } from '../../platform/net/server.ts';
import { containersOf, isSocat } from './pods.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { type SpdyStream, serveSpdy } from './spdy.ts';

const PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Handles an upgrade request. Resolves when the connection is closed. */
export async function servePortForward(
  pod: KubeObject,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const server = new WebSocketServer({ noServer: true });
  // Handle the protocol name here: it contains a slash, which RFC 6455 forbids, so the library would reject it.
  if (request.headers['sec-websocket-protocol'] === PROTOCOL) {
    delete request.headers['sec-websocket-protocol'];
    server.on('headers', headers => headers.push(`Sec-WebSocket-Protocol: ${PROTOCOL}`));
  }
  const webSocket = await new Promise<import('ws').WebSocket>(resolve => {
    server.handleUpgrade(request, socket, head, resolve);
  });
  const connection = createWebSocketStream(webSocket);
  connection.on('error', () => undefined);
  /** Streams that wait for their partner: each forwarded connection has an error stream and a data stream. */
  const waiting = new Map<string, SpdyStream>();
  await serveSpdy(connection, stream => {
    stream.on('error', () => undefined);
    const id = stream.headers.get('requestid') ?? '';
    const other = waiting.get(id);
    if (other === undefined) {
      waiting.set(id, stream);
      return;
    }
    waiting.delete(id);
    const isData = stream.headers.get('streamtype') === 'data';
    const [data, error] = isData ? [stream, other] : [other, stream];
    connect(pod, Number(data.headers.get('port')), data, error);
  }).catch(() => connection.destroy());
}

function connect(pod: KubeObject, port: number, data: SpdyStream, error: SpdyStream): void {
  const fail = (reason: string) => {
    error.end(`an error occurred forwarding to port ${port} of pod ${pod.metadata.name}: ${reason}`);
    data.end();
  };
  error.resume();
  const target = socatTarget(pod, port);
  if (target === undefined) {
    const ports = containersOf(pod).flatMap(c => ((c['ports'] ?? []) as Fields[]).map(p => Number(p['containerPort'])));
    if (!ports.includes(port)) return fail('connection refused');
    return sayHello(pod, data, error);
  }
  if (target.host !== '127.0.0.1' && target.host !== 'localhost')
    return fail(`host ${target.host} does not exist in the sandbox`);
  const upstream = connectLocally(target.port);
  upstream.once('error', cause => fail(cause.message));
  upstream.once('connect', () => {
    data.pipe(upstream);
    upstream.pipe(data);
  });
  data.once('close', () => upstream.destroy());
  upstream.once('close', () => error.end());
}

/** The target of the socat container that listens on this port. */
function socatTarget(pod: KubeObject, port: number): { host: string; port: number } | undefined {
  for (const container of containersOf(pod)) {
    const words = ((container['command'] ?? []) as unknown[]).map(String);
    if (!isSocat(container) || !words[1]?.startsWith(`TCP-LISTEN:${port},`)) continue;
    const [, host, remote] = /^TCP:([^:,]+):(\d+)$/.exec(words[2] ?? '') ?? [];
    if (host !== undefined) return { host, port: Number(remote) };
  }
  return undefined;
}

function sayHello(pod: KubeObject, data: SpdyStream, error: SpdyStream): void {
  const body = `hello from ${pod.metadata.name}\n`;
  data.once('data', () => {
    data.end(
      `HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
    );
    error.end();
  });
}
