/** Runs a function for many clusters, a limited number at a time. */

export interface PoolOptions {
  readonly parallel: number;
  /** Nothing new is started once it is aborted, or once `isStopped` says so. What runs is waited for. */
  readonly signal: AbortSignal;
  readonly isStopped?: () => boolean;
}

/** Resolves when all that was started has ended. Things that were not started are not in the result. `run` must not reject. */
export async function inPool<T, R>(
  things: readonly T[],
  { parallel, signal, isStopped }: PoolOptions,
  run: (thing: T) => Promise<R>,
): Promise<Map<T, R>> {
  const results = new Map<T, R>();
  const left = [...things].reverse();
  const worker = async () => {
    while (!signal.aborted && !isStopped?.()) {
      const thing = left.pop();
      if (thing === undefined) return;
      results.set(thing, await run(thing));
    }
  };
  const workers: Promise<void>[] = [];
  for (let i = 0; i < Math.min(parallel, things.length); i++) {
    workers.push(worker());
    // The answers of the first ones come while the others begin.
    await new Promise(setImmediate);
  }
  await Promise.all(workers);
  return results;
}
