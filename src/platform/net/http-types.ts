/** The HTTP types that the rest of the program uses. */
import type { Io } from '../io.ts';
import type { AddressBook, Located } from './addresses.ts';

export interface HttpRequest {
  /** The service's name for messages, such as `the cluster registry`. */
  readonly service: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value. */
  readonly json?: unknown;
  /** The time limit for the call, including retries (milliseconds). */
  readonly timeoutMs?: number;
  readonly maxBytes?: number;
  /** `any` follows redirects to other https origins, without headers: for public downloads. */
  readonly redirects?: 'same-origin' | 'any';
  readonly onProgress?: (received: number, total: number | undefined) => void;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

export interface HttpClient {
  /** Sends a request and resolves with the response, whatever its status. Throws UnreachableError when there is no response. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** Sends one request. It follows no redirect and does not retry. */
  exchange(
    service: string,
    request: { method: 'GET' | 'POST'; url: string; headers: Record<string, string>; body?: string },
  ): Promise<HttpResponse>;
  /** Closes the connections that no request uses. The client can be used again. */
  close(): Promise<void>;
  /** A `fetch` for libraries, with the same TLS settings, proxy, deadline and rules. */
  readonly fetch: (service: string) => typeof fetch;
}

export interface HttpSettings {
  readonly caFile?: string | undefined;
  /** For a server from a kubeconfig: the only PEM roots to trust, and the host name that its certificate must be valid for. */
  readonly trust?: { readonly ca: string | undefined; readonly servername: string | undefined };
  /** The most connections to a server. Default: one for each request at a time. */
  readonly connections?: number;
  readonly debug: (line: string) => void;
  /** Called when a service has not answered within 2 s. The request goes on. */
  readonly onSlow: (service: string, host: string) => void;
  /** Resolves hosts; falls back to saved addresses when DNS fails. */
  readonly addresses: AddressBook;
  /** Called when a saved address is used for a host. */
  readonly onSeen: (host: string, located: Located) => void;
}

export type HttpIo = Pick<Io, 'env' | 'now' | 'sleep' | 'signal'>;
