/** A clock that tests can advance. It runs like the real clock, plus an offset in milliseconds. */
export class TestClock {
  #aheadMs = 0;

  readonly now = (): Date => new Date(Date.now() + this.#aheadMs);

  advance(ms: number): void {
    this.#aheadMs += ms;
  }

  /** Back to the real time. */
  reset(): void {
    this.#aheadMs = 0;
  }
}
