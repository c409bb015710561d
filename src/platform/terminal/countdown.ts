/** Waits, and reports the time left every second. */
import type { Io } from '../io.ts';

const TICK_MS = 1000;

/** Calls `onTick` at once and then about every second until a given time. Rejects with the signal's reason when the signal is aborted first. */
export async function tickUntil(
  io: Pick<Io, 'now' | 'sleep'>,
  untilMs: number,
  onTick: (leftMs: number) => void,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    const left = untilMs - io.now().getTime();
    onTick(left);
    if (left <= 0) return;
    await io.sleep(Math.min(TICK_MS, left), signal);
  }
}
