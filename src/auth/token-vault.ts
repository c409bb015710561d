/** The token store with its locks: one process at a time renews a set of tokens. */
import { messageOf } from '../errors.ts';
import { withLockOr } from '../platform/files/lock.ts';
import type { TokenKey, TokenSet } from './token-store.ts';
import type { TokensParts } from './tokens-parts.ts';

const LOCK_TIMEOUT_MS = 30_000;
const LOGIN_LOCK_TIMEOUT_MS = 300_000;

export class TokenVault {
  readonly #parts: Pick<TokensParts, 'io' | 'store' | 'warn'>;

  constructor(parts: Pick<TokensParts, 'io' | 'store' | 'warn'>) {
    this.#parts = parts;
  }

  read(key: TokenKey): TokenSet | undefined {
    return this.#parts.store.read(key);
  }

  /** The keys of all stored tokens. */
  keys(): TokenKey[] {
    return this.#parts.store.all().map(({ key }) => key);
  }

  /** Removes also what cannot be read: damaged, or encrypted with a key that is not there. Returns the number of files. */
  removeAll(): number {
    return this.#parts.store.removeAll();
  }

  /** The stored tokens with a name. */
  named(): { readonly key: TokenKey & { readonly name: string }; readonly tokens: TokenSet }[] {
    return this.#parts.store
      .all()
      .flatMap(({ key, tokens }) => (key.name === undefined ? [] : [{ key: { ...key, name: key.name }, tokens }]));
  }

  /** Stores the tokens. If that fails, warns and continues: the token can still be used. */
  save(key: TokenKey, tokens: TokenSet): void {
    try {
      this.#parts.store.write(key, tokens);
    } catch (error) {
      this.#parts.warn(`cannot store the token: ${messageOf(error)}`);
    }
  }

  /** @param interactive a person may log in under the lock, so others wait longer */
  async withLock<T>(key: TokenKey, interactive: boolean, action: () => Promise<T>): Promise<T> {
    const { io, store, warn } = this.#parts;
    const options = {
      timeoutMs: interactive ? LOGIN_LOCK_TIMEOUT_MS : LOCK_TIMEOUT_MS,
      onWait: (pid: number) => warn(`waiting for process ${pid}, which is renewing this token`),
    };
    return withLockOr(io, store.lockDir(key), options, action, error => {
      // If the state folder is not writable, no token can be stored, so no lock is needed: get the token without storing it.
      warn(`cannot lock the token: ${messageOf(error.cause)}`);
      return action();
    });
  }
}
