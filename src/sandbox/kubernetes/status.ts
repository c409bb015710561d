/** Errors as the Kubernetes API words them: a Status. */
import type { Fields } from './resource-types.ts';

/** An error as the Kubernetes API words it: a Status. */
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
