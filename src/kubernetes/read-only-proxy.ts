/**
 * A server on loopback that passes reads, reviews and dry runs on to one API server and refuses everything else (405).
 * Rules: a client must know the random token; the token is never sent on; our credentials are added here and never shown to the client.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import { AuthError, messageOf } from '../errors.ts';
import { isEqualSecret, randomToken } from '../platform/files/hash.ts';
import type { Io } from '../platform/io.ts';
import { makeCertificates } from '../platform/net/certificates.ts';
import { answerWith, Forwarder } from '../platform/net/forward.ts';
import { describeNetworkError } from '../platform/net/network-errors.ts';
import { listen, readBytes } from '../platform/net/server.ts';
import { type ApiTarget, kubeConfigOf } from './api.ts';
import { refusalOf } from './read-only-rules.ts';

export interface ReadOnlyProxy {
  readonly server: string;
  /** PEM. */
  readonly caCert: string;
  /** The bearer token of the only client. */
  readonly token: string;
  close(): Promise<void>;
}

/** Starts the server. Throws what `kubeConfigOf` throws. */
export async function startReadOnlyProxy(io: Pick<Io, 'now'>, target: ApiTarget): Promise<ReadOnlyProxy> {
  const [config, { caCert, serverCert, serverKey }] = await Promise.all([
    kubeConfigOf(target),
    makeCertificates(io.now(), [], 'zkubectl read-only'),
  ]);
  const token = randomToken();
  const forwarder = new Forwarder();
  const upstream = upstreamOf(config, forwarder);
  const handler = (request: IncomingMessage, response: ServerResponse) => {
    answer(request, response, token, upstream).catch((error: unknown) => {
      if (response.headersSent) return response.destroy();
      const isLogin = error instanceof AuthError;
      const text = isLogin ? error.message : `cannot reach the API server: ${describeNetworkError(error)}`;
      return sendStatus(response, isLogin ? 401 : 503, isLogin ? 'Unauthorized' : 'ServiceUnavailable', text);
    });
  };
  const server = await listen(handler, { port: 0, tls: { cert: serverCert, key: serverKey } });
  return {
    server: `https://127.0.0.1:${server.port}`,
    caCert,
    token,
    close: async () => {
      await server.close();
      forwarder.close();
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  token: string,
  upstream: Upstream,
): Promise<void> {
  const { method = '', url = '', headers } = request;
  if (!isEqualSecret(headers.authorization ?? '', `Bearer ${token}`))
    return sendStatus(response, 401, 'Unauthorized', 'this read-only session belongs to another shell');
  let body: Buffer;
  try {
    body = await readBytes(request);
  } catch (error) {
    return sendStatus(response, 413, 'RequestEntityTooLarge', messageOf(error));
  }
  const refusal = refusalOf({
    method,
    url,
    isUpgrade: headers.upgrade !== undefined,
    contentType: headers['content-type'],
    body,
  });
  if (refusal !== undefined)
    return sendStatus(response, 405, 'MethodNotAllowed', `this session is read-only, nothing was sent: ${refusal}`);
  answerWith(await upstream(request, body, response), response);
}

/** Sends a request with our credentials. */
type Upstream = (request: IncomingMessage, body: Buffer, client: ServerResponse) => Promise<IncomingMessage>;

function upstreamOf(config: KubeConfig, forwarder: Forwarder): Upstream {
  const server = new URL(config.getCurrentCluster()?.server ?? '');
  return async ({ method = '', url = '', headers }, body, client) => {
    const options: RequestOptions = {};
    await config.applyToHTTPSOptions(options as never);
    const path = `${server.pathname.replace(/\/+$/, '')}${url}`;
    return forwarder.send(server, options, { method, path, headers, body }, client);
  };
}

/** A metav1.Status, which kubectl and client-go show as an error of the server. */
function sendStatus(response: ServerResponse, code: number, reason: string, text: string): void {
  const status = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message: `zkubectl: ${text}`,
    reason,
    code,
  };
  response.writeHead(code, { 'content-type': 'application/json' });
  response.end(JSON.stringify(status));
}
