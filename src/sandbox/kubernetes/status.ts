/** Errors in the format of the Kubernetes API: a Status object. */
import type { Fields } from './resource-types.ts';

/** An error that is sent as a Kubernetes Status object. */
export class StatusError extends Error {
  readonly code: number;
  readonly reason: string;
  readonly details: Fields | undefined;
  constructor(code: number, reason: string, message: string, details?: Fields) {
    super(message);
    this.code = code;
    this.reason = reason;
    this.details = details;
  }
}
