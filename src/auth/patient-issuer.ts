/**
 * The issuer of a process that may ask it often. While it gives no answer, only the first requests wait for their time limit:
 * without this, the renewals for 250 clusters would wait one after the other.
 */
import { UnreachableError } from '../errors.ts';
import type { Issuer } from './oidc.ts';

/** So many requests without an answer, with none between them that got one. */
const MAX_UNANSWERED = 3;
const PAUSE_MS = 60_000;

export class PatientIssuer {
  readonly #load: () => Promise<Issuer>;
  readonly #now: () => Date;
  #issuer: Promise<Issuer> | undefined;
  #unanswered = 0;
  #last: { readonly error: UnreachableError; readonly at: number } | undefined;

  /** @param load loads the OIDC client; called when a request is needed, and again after it failed */
  constructor(load: () => Promise<Issuer>, now: () => Date) {
    this.#load = load;
    this.#now = now;
  }

  open(): Promise<Issuer> {
    if (this.#issuer === undefined) {
      const issuer = this.#load();
      this.#issuer = issuer;
      issuer.catch(() => {
        if (this.#issuer === issuer) this.#issuer = undefined;
      });
    }
    return this.#issuer;
  }

  /** Sends a request. For a minute after three requests without an answer it sends nothing, and throws the last error again (UnreachableError, 6). */
  async ask<T>(send: (issuer: Issuer) => Promise<T>): Promise<T> {
    const last = this.#last;
    if (last && this.#unanswered >= MAX_UNANSWERED && this.#now().getTime() - last.at < PAUSE_MS) throw last.error;
    try {
      const answer = await send(await this.open());
      this.#unanswered = 0;
      return answer;
    } catch (error) {
      if (error instanceof UnreachableError) {
        this.#unanswered++;
        this.#last = { error, at: this.#now().getTime() };
      } else this.#unanswered = 0;
      throw error;
    }
  }
}
