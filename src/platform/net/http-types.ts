/** What HTTP looks like to the rest of the program. */
import type { Io } from '../io.ts';
import type { AddressBook, Located } from './addresses.ts';

export interface HttpRequest {
  /** Who is asked, in the user's words: `the cluster registry`. Part of every message. */
  readonly service: string;
  readonly url: string;
  readonly method?: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly headers?: Readonly<Record<string, string>>;
  /** A JSON value. */
  readonly json?: unknown;
  /** Total time for the call with all its repetitions, in milliseconds. */
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
  /** Sends a request. Any status is an answer; throws UnreachableError when there is none. */
  send(request: HttpRequest): Promise<HttpResponse>;
  /** One request as it is: no redirect is followed, nothing is sent again. */
  exchange(
    service: string,
    request: { method: 'GET' | 'POST'; url: string; headers: Record<string, string>; body?: string },
  ): Promise<HttpResponse>;
  /** For libraries that speak HTTP through `fetch`; same TLS, proxy, deadline and rules. */
  readonly fetch: (service: string) => typeof fetch;
}

export interface HttpSettings {
  readonly caFile?: string | undefined;
  /** For a server that a kubeconfig names: PEM roots instead of all others, and the name that its certificate must have. */
  readonly trust?: { readonly ca: string | undefined; readonly servername: string | undefined };
  readonly debug: (line: string) => void;
  /** Where hosts are, and were when names still resolved. */
  readonly addresses: AddressBook;
  /** Told of a host that is reached where it was before. */
  readonly onSeen: (host: string, located: Located) => void;
}

export type HttpIo = Pick<Io, 'env' | 'now' | 'sleep' | 'signal'>;
