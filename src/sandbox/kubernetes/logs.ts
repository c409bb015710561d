/** Believable log lines of a sandbox pod: the same past for everybody who looks, and new lines while somebody follows. */
import { createHash } from 'node:crypto';
import { formatRfc3339 } from '../../output/time.ts';

const PERIOD_MS = 1000;
const PAST_LINES = 200;
const PATHS = ['/api/checkout', '/api/cart', '/health', '/api/catalog?page=2', '/api/payment/authorize', '/metrics'];

export interface LogLine {
  readonly time: Date;
  readonly text: string;
}

/** The line that a container writes in the second `time`. */
export function lineAt(pod: string, container: string, time: Date): LogLine {
  const second = Math.floor(time.getTime() / PERIOD_MS);
  const hash = createHash('sha256').update(`${pod}/${container}/${second}`).digest();
  const [a = 0, b = 0, c = 0] = hash;
  const status = a < 4 ? 500 : a < 12 ? 404 : 200;
  const stamp = formatRfc3339(new Date(second * PERIOD_MS));
  const level = status === 500 ? 'ERROR' : 'INFO';
  return {
    time: new Date(second * PERIOD_MS),
    text: `${stamp} ${level} [${container}] GET ${PATHS[b % PATHS.length]} ${status} ${1 + c}ms`,
  };
}

/** Lines since a container's start, at most PAST_LINES. */
export function pastLines(pod: string, container: string, startedAt: Date, now: Date): LogLine[] {
  const from = Math.max(startedAt.getTime(), now.getTime() - PAST_LINES * PERIOD_MS);
  const lines: LogLine[] = [];
  for (let time = from; time <= now.getTime(); time += PERIOD_MS) lines.push(lineAt(pod, container, new Date(time)));
  return lines;
}

export { PERIOD_MS as LOG_PERIOD_MS };
