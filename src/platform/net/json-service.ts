/** Calls of a JSON service: the bearer token, its errors, and the check of its answers. */
import { UnreachableError } from '../../errors.ts';
import { statusError } from './http-errors.ts';
import type { HttpClient, HttpResponse } from './http-types.ts';
import { parseServiceUrl } from './service-url.ts';

export interface ServiceOptions {
  readonly url: string;
  readonly http: HttpClient;
  readonly token: () => Promise<string>;
  /** The time limit of a request (milliseconds). */
  readonly timeoutMs?: number | undefined;
}

/** What messages say of the service. */
export interface ServiceWords {
  /** `the access service` */
  readonly service: string;
  /** The configuration key of its URL. */
  readonly setting: string;
  /** What to do when something is not found. */
  readonly notFound: string;
}

export interface JsonService {
  /** The URL without a slash at its end. */
  readonly root: string;
  readonly origin: string;
  /** Resolves to the JSON of a successful answer; undefined: it has no body. Throws the error of any other answer. */
  call(method: 'GET' | 'POST', target: string, json?: unknown): Promise<unknown>;
  badAnswer(cause?: unknown): UnreachableError;
}

export function jsonService({ url, http, token, timeoutMs }: ServiceOptions, words: ServiceWords): JsonService {
  const { service, setting, notFound } = words;
  const base = parseServiceUrl(service, url);
  const badAnswer = (cause?: unknown) =>
    new UnreachableError(`${service} at ${base.host} sent an unexpected response`, {
      code: 'bad_answer',
      hint: `a proxy or sign-in page may have answered; check ${setting}: zkubectl configure`,
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
        service,
        url: target,
        method,
        headers: { authorization: `Bearer ${await token()}`, accept: 'application/json' },
        ...(json === undefined ? {} : { json }),
        ...(timeoutMs === undefined ? {} : { timeoutMs }),
      });
      if (response.status < 200 || response.status > 299) {
        throw statusError(service, base.host, response, { notFound, login: 'zkubectl login --force-refresh' });
      }
      return parse(response);
    },
  };
}
