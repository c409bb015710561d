/**
 * Writes stdout and stderr synchronously: no output is lost when the process ends, and no Node stream has to be created.
 * Rule: after the reader closes the pipe (`| head`), further output is dropped and the command still finishes: it stores tokens and decides requests.
 */
import fs from 'node:fs';
import { systemErrorCode } from '../../errors.ts';

export interface Output {
  write(data: string | Uint8Array): unknown;
  /** The reader has closed the pipe, or a write failed: further output is dropped. */
  readonly isOver?: boolean;
  /** Called before each write: a progress line on the same terminal is cleared first. */
  beforeWrite?: (() => void) | undefined;
}

/** The wait before the next try when a non-blocking pipe is full (milliseconds). */
const FULL_PIPE_MS = 2;

/** @param onFailure called once for a write error other than EPIPE, such as ENOSPC */
export function createOutput(fd: number, onFailure: (error: unknown) => void): Output {
  let isOver = false;
  const output: Output = {
    beforeWrite: undefined,
    get isOver() {
      return isOver;
    },
    write: data => {
      if (isOver || data.length === 0) return;
      output.beforeWrite?.();
      const bytes = typeof data === 'string' ? Buffer.from(data) : data;
      for (let at = 0; at < bytes.length; ) {
        try {
          at += fs.writeSync(fd, bytes, at);
        } catch (error) {
          if (systemErrorCode(error) === 'EAGAIN') {
            Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, FULL_PIPE_MS);
            continue;
          }
          isOver = true;
          if (systemErrorCode(error) !== 'EPIPE') onFailure(error);
          return;
        }
      }
    },
  };
  return output;
}
