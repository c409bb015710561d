/** HTTP and HTTPS servers on loopback: the login's callback listener and the sandbox. */
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';

export interface ListenOptions {
  /** 0: any free port. */
  readonly port: number;
  readonly host?: '127.0.0.1' | '::1';
  /** Serves HTTPS with this certificate. */
  readonly tls?: { readonly cert: string; readonly key: string };
  /** Milliseconds a client may take to send its request's headers. */
  readonly headersTimeoutMs?: number;
  /** The limit of connections without a request. Beyond it, the oldest of these connections is closed. */
  readonly maxWaiting?: number;
  /** Handles requests with an Upgrade header. */
  readonly onUpgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
}

export interface LocalServer {
  readonly port: number;
  /** Stops listening and closes all open connections. */
  close(): Promise<void>;
}

/** Listens on loopback only. Throws Node's error (EADDRINUSE, EACCES) when it cannot bind the port. */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<LocalServer> {
  let server: Server;
  const timeouts =
    options.headersTimeoutMs === undefined
      ? {}
      : { headersTimeout: options.headersTimeoutMs, connectionsCheckingInterval: 1000 };
  if (options.tls) {
    const https = await import('node:https');
    server = https.createServer({ ...timeouts, ...options.tls }, handler);
  } else {
    const http = await import('node:http');
    server = http.createServer(timeouts, handler);
  }
  const upgraded = new Set<Duplex>();
  const { onUpgrade } = options;
  if (onUpgrade) {
    server.on('upgrade', (request, socket, head) => {
      upgraded.add(socket);
      socket.on('error', () => undefined).on('close', () => upgraded.delete(socket));
      onUpgrade(request, socket, head);
    });
  }
  if (options.maxWaiting !== undefined) letGoOfSilent(server, options.maxWaiting);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, options.host ?? '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });
  const { port } = server.address() as AddressInfo;
  return {
    port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

/** Idle connections must not block a client that sends a request: a new connection is always accepted, and the oldest idle one is closed. */
function letGoOfSilent(server: Server, maxWaiting: number): void {
  const waiting = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    waiting.add(socket);
    socket.once('close', () => waiting.delete(socket));
    const [oldest] = waiting;
    if (waiting.size > maxWaiting) oldest?.destroy();
  });
  server.on('request', request => waiting.delete(request.socket));
}

/** A connection to a port of this machine. */
export function connectLocally(port: number): Socket {
  return process.getBuiltinModule('node:net').connect({ host: '127.0.0.1', port });
}

/** A request's body as text. Throws when it is longer than `maxBytes`. */
export async function readBody(request: IncomingMessage, maxBytes?: number): Promise<string> {
  return (await readBytes(request, maxBytes)).toString('utf8');
}

/** A request's body. Throws when it is longer than `maxBytes`. */
export async function readBytes(request: IncomingMessage, maxBytes = 8 * 1024 * 1024): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error('the request body is too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
