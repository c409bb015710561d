/**
 * `port-forward` of a sandbox pod, over WebSocket (`SPDY/3.1+portforward.k8s.io`, KEP-4006).
 * A pod that runs socat leads to where its socat leads, on loopback alone; any other pod says hello over HTTP on the ports of its containers.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { connectLocally } from '../../platform/net/server.ts';
import { containersOf, isSocat } from './pods.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { type SpdyStream, serveSpdy } from './spdy.ts';

const PROTOCOL = 'SPDY/3.1+portforward.k8s.io';

/** Takes over an upgraded request. Resolves when the connection is over. */
export async function servePortForward(
  pod: KubeObject,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { WebSocketServer, createWebSocketStream } = await import('ws');
  const server = new WebSocketServer({ noServer: true });
  // The name has a slash in it, which is against RFC 6455, and so the library would refuse it.
  if (request.headers['sec-websocket-protocol'] === PROTOCOL) {
    delete request.headers['sec-websocket-protocol'];
    server.on('headers', headers => headers.push(`Sec-WebSocket-Protocol: ${PROTOCOL}`));
  }
  const webSocket = await new Promise<import('ws').WebSocket>(resolve => {
    server.handleUpgrade(request, socket, head, resolve);
  });
  const connection = createWebSocketStream(webSocket);
  connection.on('error', () => undefined);
  /** The streams of a connection come in pairs: one for what goes wrong, one for data. */
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
  if (target.host !== '127.0.0.1' && target.host !== 'localhost') return fail(`the sandbox has no ${target.host}`);
  const upstream = connectLocally(target.port);
  upstream.once('error', cause => fail(cause.message));
  upstream.once('connect', () => {
    data.pipe(upstream);
    upstream.pipe(data);
  });
  data.once('close', () => upstream.destroy());
  upstream.once('close', () => error.end());
}

/** Where the socat of a container that listens on a port leads to. */
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
