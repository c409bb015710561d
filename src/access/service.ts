/** The access service: what both of its APIs have in common. */
import { type JsonService, jsonService, type ServiceOptions } from '../platform/net/json-service.ts';

export type { ServiceOptions };
export type AccessServiceCalls = JsonService;

export function accessServiceCalls(options: ServiceOptions): AccessServiceCalls {
  return jsonService(options, {
    service: 'the access service',
    setting: 'access.url',
    notFound: 'check access.url and the request key',
  });
}

export function parseTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}
