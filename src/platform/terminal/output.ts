/**
 * stdout and stderr, written at once: what a command has written is out when it ends, however it ends, and no stream has to be made for it.
 * Rule: a reader that went away (`| head`) takes nothing more, and what is under way still ends as it must: tokens are stored, requests decided.
 */
import fs from 'node:fs';
import { systemErrorCode } from '../../errors.ts';

export interface Output {
  write(data: string | Uint8Array): unknown;
  /** Nothing more can be written: whoever read it went away. */
  readonly isOver?: boolean;
}

/** How long to wait when a pipe that somebody made non-blocking is full (milliseconds). */
const FULL_PIPE_MS = 2;

/** @param onFailure told once, of what is no reader going away: a full disk */
export function createOutput(fd: number, onFailure: (error: unknown) => void): Output {
  let isOver = false;
  return {
    get isOver() {
      return isOver;
    },
    write: data => {
      if (isOver || data.length === 0) return;
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
}
