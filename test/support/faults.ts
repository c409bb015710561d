/** Sets the size of the fault tests and records their figures. */
import fs from 'node:fs';

/** True for `npm run test:faults`. `npm test` runs a short version that takes seconds. */
const isFull = process.env['ZKUBECTL_FAULTS'] === 'full';

export function scaled(fast: number, full: number): number {
  return isFull ? full : fast;
}

/** Records a figure for docs/reliability.md. */
export function figure(area: string, what: string, value: number | string): void {
  const file = process.env['ZKUBECTL_FAULTS_FIGURES'];
  if (file) fs.appendFileSync(file, `${JSON.stringify({ area, what, value })}\n`);
}
