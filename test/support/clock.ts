/** A clock that a test moves. It runs as the real one does, so many milliseconds ahead. */
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
