/** Calls of the access service: the bearer token, its errors, and the values that both of its APIs have. */
import { UnreachableError } from '../errors.ts';
import { statusError } from '../platform/net/http-errors.ts';
import type { HttpClient, HttpResponse } from '../platform/net/http-types.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';

const SERVICE = 'the access service';

export interface ServiceOptions {
  readonly url: string;
  readonly http: HttpClient;
  readonly token: () => Promise<string>;
  /** The time limit of a request (milliseconds). */
  readonly timeoutMs?: number | undefined;
}

export interface AccessServiceCalls {
  /** The URL without a slash at its end. */
  readonly root: string;
  readonly origin: string;
  /** Resolves to the JSON of a successful answer; undefined: it has no body. Throws the error of any other answer. */
  call(method: 'GET' | 'POST', target: string, json?: unknown): Promise<unknown>;
  badAnswer(cause?: unknown): UnreachableError;
}

export function accessServiceCalls({ url, http, token, timeoutMs }: ServiceOptions): AccessServiceCalls {
  const base = parseServiceUrl(SERVICE, url);
  const badAnswer = (cause?: unknown) =>
    new UnreachableError(`${SERVICE} at ${base.host} sent an unexpected response`, {
      code: 'bad_answer',
      hint: 'a proxy or sign-in page may have answered; check access.url: zkubectl configure',
      cause,
    });
  const parse = (response: HttpResponse): unknown => {
    if (response.status === 204 || response.body.length === 0) return undefined;
    try {
      return JSON.parse(response.body.toString('utf8'));
    } catch (error) {
      throw badAnswer(error);
    }
  };
  return {
    root: base.href.replace(/\/+$/, ''),
    origin: base.origin,
    badAnswer,
    call: async (method, target, json) => {
      const response = await http.send({
        service: SERVICE,
        url: target,
        method,
        headers: { authorization: `Bearer ${await token()}`, accept: 'application/json' },
        ...(json === undefined ? {} : { json }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      if (response.status < 200 || response.status > 299) {
        throw statusError(SERVICE, base.host, response, {
          notFound: 'check access.url and the request key',
          login: 'zkubectl login --force-refresh',
        });
      }
      return parse(response);
    },
  };
}

export function parseTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
