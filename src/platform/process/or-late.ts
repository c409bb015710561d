/** Stops waiting for an answer, where something else can serve. */

export const LATE = Symbol('late');

/** The result, or LATE after `ms` milliseconds. The work itself goes on. */
export async function orLate<T>(work: Promise<T>, ms: number): Promise<T | typeof LATE> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<typeof LATE>(resolve => {
    timer = setTimeout(() => resolve(LATE), ms);
  });
  // After LATE, nobody looks at its error.
  work.catch(() => undefined);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
