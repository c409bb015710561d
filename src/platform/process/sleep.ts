/** A sleep that an AbortSignal can interrupt. */

/**
 * Makes a sleep function. All its sleeps share one listener per signal: Node warns about more than ten listeners.
 * @returns resolves after `ms` milliseconds; rejects with the signal's reason when the signal is aborted first
 */
export function createSleep(): (ms: number, signal?: AbortSignal) => Promise<void> {
  const waiting = new WeakMap<AbortSignal, Set<() => void>>();
  const waitersOf = (signal: AbortSignal) => {
    const known = waiting.get(signal);
    if (known) return known;
    const waiters = new Set<() => void>();
    signal.addEventListener('abort', () => [...waiters].map(wake => wake()), { once: true });
    waiting.set(signal, waiters);
    return waiters;
  };
  return (ms, signal) =>
    new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiters = signal && waitersOf(signal);
      const onAbort = () => {
        clearTimeout(timer);
        waiters?.delete(onAbort);
        reject(signal?.reason);
      };
      const timer = setTimeout(() => {
        waiters?.delete(onAbort);
        resolve();
      }, ms);
      waiters?.add(onAbort);
    });
}
