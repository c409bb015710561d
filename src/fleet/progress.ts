/** Shows how far a run is, on a terminal: done, running, failed, time left, and which cluster is slow. */
import { formatSpan } from '../lib/time.ts';
import type { Io } from '../platform/io.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { FleetResult } from './results.ts';

const REDRAW_MS = 250;
/** The longest-running cluster is named after this time (milliseconds). */
const SLOW_MS = 2000;

export interface Progress {
  started(cluster: Cluster): void;
  ended(result: FleetResult): void;
  /** Removes the line. */
  end(): void;
}

interface ProgressParts {
  readonly io: Pick<Io, 'now' | 'sleep' | 'isTTY'>;
  readonly messages: { progress(line: string): void; endProgress(): void };
}

export function showProgress({ io, messages }: ProgressParts, total: number): Progress {
  const begun = io.now().getTime();
  const running = new Map<Cluster, number>();
  let done = 0;
  let failed = 0;
  const draw = () => {
    const now = io.now().getTime();
    const [slowest] = running;
    const parts = [`${done} of ${total} done`, `${running.size} running`];
    if (failed > 0) parts.push(`${failed} failed`);
    if (done > 0 && done < total) parts.push(`about ${formatSpan(((now - begun) / done) * (total - done))} left`);
    if (slowest && now - slowest[1] > SLOW_MS)
      parts.push(`slowest: ${slowest[0].alias} (${formatSpan(now - slowest[1])})`);
    messages.progress(parts.join(', '));
  };
  const ended = new AbortController();
  if (io.isTTY.stderr) {
    const redraw = async () => {
      while (!ended.signal.aborted) {
        draw();
        await io.sleep(REDRAW_MS, ended.signal);
      }
    };
    redraw().catch(() => undefined);
  }
  return {
    started: cluster => {
      running.set(cluster, io.now().getTime());
    },
    ended: ({ cluster, outcome }) => {
      running.delete(cluster);
      done++;
      if (outcome !== 'ok') failed++;
    },
    end: () => {
      ended.abort(new Error('ended'));
      messages.endProgress();
    },
  };
}
