/** Breaking things on purpose: how much of it, and what came of it in numbers. */
import fs from 'node:fs';

/** `npm run test:faults`: all of it; `npm test`: what takes seconds. */
const isFull = process.env['ZKUBECTL_FAULTS'] === 'full';

export function scaled(fast: number, full: number): number {
  return isFull ? full : fast;
}

/** A number for docs/reliability.md. */
export function figure(area: string, what: string, value: number | string): void {
  const file = process.env['ZKUBECTL_FAULTS_FIGURES'];
  if (file) fs.appendFileSync(file, `${JSON.stringify({ area, what, value })}\n`);
}
