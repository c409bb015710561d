/** Sends the requests of a proxy on to one server, over connections that are kept open. */
import type { IncomingHttpHeaders, IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Agent, RequestOptions } from 'node:https';

export interface ForwardedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Hop-by-hop headers (RFC 9110, section 7.6.1), and headers that are made anew. */
const DROPPED = new Set([
  'authorization',
  'connection',
  'content-length',
  'host',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

export class Forwarder {
  #agent: Agent | undefined;

  /**
   * Resolves when the response's headers arrive. The request ends when the client goes away. Rejects with Node's error.
   * @param options TLS settings and our own headers
   */
  async send(
    server: URL,
    options: RequestOptions,
    { headers, body, ...request }: ForwardedRequest,
    client: ServerResponse,
  ): Promise<IncomingMessage> {
    const http = server.protocol === 'http:' ? await import('node:http') : await import('node:https');
    const ours = options.headers as OutgoingHttpHeaders | undefined;
    const agent = await this.#keepAlive(options.agent as Agent | undefined);
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      // The client may have gone while we got our credentials.
      if (client.destroyed || client.closed) return reject(new Error('the client has gone'));
      const sent = http.request(server, {
        ...options,
        ...request,
        agent,
        headers: { ...passedOn(headers), ...ours, 'content-length': body.length },
      });
      sent.once('response', resolve).once('error', reject);
      client.once('close', () => sent.destroy());
      sent.end(body);
    });
    // The client certificate may have been renewed: connect anew. What streams over the old connections goes on.
    if (response.statusCode === 401) this.#agent = undefined;
    return response;
  }

  /** An agent of a proxy (`proxy-url`) stays as it is. */
  async #keepAlive(agent: Agent | undefined): Promise<Agent | undefined> {
    const https = await import('node:https');
    if (agent === undefined || agent.constructor !== https.Agent) return agent;
    this.#agent ??= new https.Agent({ ...agent.options, keepAlive: true });
    return this.#agent;
  }

  close(): void {
    this.#agent?.destroy();
    this.#agent = undefined;
  }
}

/** Writes a response as it arrives, the headers at once: a watch may wait long for its first event. */
export function answerWith(response: IncomingMessage, client: ServerResponse): void {
  const length = response.headers['content-length'];
  client.writeHead(response.statusCode ?? 502, {
    ...passedOn(response.headers),
    ...(length !== undefined && { 'content-length': length }),
  });
  client.flushHeaders();
  response.on('error', () => client.destroy());
  response.pipe(client);
}

function passedOn(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const named = (headers.connection ?? '').split(',').map(name => name.trim().toLowerCase());
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !DROPPED.has(name) && !named.includes(name)));
}
