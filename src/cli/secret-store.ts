/**
 * Where secrets are kept (`auth.store`): in files that only the user can read, or in files that are encrypted with a key of the system's keyring.
 * Rule: what the keyring needs is loaded only when it is set.
 */
import path from 'node:path';
import { createTokenStore, type TokenStore } from '../auth/token-store.ts';
import type { Config } from '../config/config.ts';
import { isRecord } from '../lib/json.ts';
import { withLock } from '../platform/files/lock.ts';
import { noteAt, sealedNotes } from '../platform/files/notes.ts';
import { lockDir, type Paths, STATE } from '../platform/files/paths.ts';
import type { Sealer } from '../platform/files/sealer.ts';
import type { Io } from '../platform/io.ts';

interface SecretWorld {
  readonly io: Io;
  readonly paths: Pick<Paths, 'state'>;
  config(): Promise<Config>;
}

const LOCK_TIMEOUT_MS = 30_000;

export async function tokenStoreOf(ctx: SecretWorld): Promise<TokenStore> {
  return createTokenStore(ctx.paths.state, await sealerOf(ctx));
}

/** Undefined: `auth.store` is `file`. Throws UsageError (2) when the keyring cannot be used. */
export async function sealerOf(ctx: SecretWorld): Promise<Sealer | undefined> {
  return (await ctx.config()).text('auth.store') === 'keyring' ? keyringSealer(ctx) : undefined;
}

/** Makes the key when the keyring has none. Parallel processes make one. Each state folder has its own, so that none replaces another's. */
export async function keyringSealer({ io, paths }: Pick<SecretWorld, 'io' | 'paths'>): Promise<Sealer> {
  const [{ openKeyring }, { createSealer, KEY_BYTES }] = await Promise.all([
    import('../platform/keyring.ts'),
    import('../platform/files/sealer.ts'),
  ]);
  const account = noteAt(path.join(paths.state, STATE.keyring), parseAccount);
  const native = path.join(paths.state, STATE.native);
  const keyIn = async (name: string) => {
    const keyring = await openKeyring(io, name, native);
    const key = await keyring.read();
    return { keyring, sealer: key?.length === KEY_BYTES ? createSealer(key) : undefined };
  };
  const named = account.read();
  const known = named === undefined ? undefined : (await keyIn(named)).sealer;
  return (
    known ??
    withLock(io, lockDir(paths.state, 'keyring'), { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
      const name = account.read() ?? `token-key-${crypto.randomUUID()}`;
      const { keyring, sealer } = await keyIn(name);
      if (sealer) return sealer;
      const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
      await keyring.write(key);
      account.write({ account: name });
      return createSealer(key);
    })
  );
}

function parseAccount(value: unknown): string | undefined {
  const account = isRecord(value) ? value['account'] : undefined;
  return typeof account === 'string' ? account : undefined;
}

/** How many sets of tokens are stored encrypted, and how many readable. */
export function storedForms({ paths }: Pick<SecretWorld, 'paths'>): {
  readonly sealed: number;
  readonly plain: number;
} {
  const forms = sealedNotes(path.join(paths.state, STATE.tokens));
  const sealed = forms.filter(Boolean).length;
  return { sealed, plain: forms.length - sealed };
}

/** Stores all tokens anew: encrypted, or readable. Tokens that cannot be decrypted stay as they are. */
export async function storeAnew(
  { io, paths }: Pick<SecretWorld, 'io' | 'paths'>,
  sealer: Sealer,
  isToKeyring: boolean,
): Promise<void> {
  // A store with the key reads both forms.
  const old = createTokenStore(paths.state, sealer);
  const next = isToKeyring ? old : createTokenStore(paths.state);
  // Under the lock of a renewal, so that a renewed token is not overwritten by the one before.
  for (const { key } of old.all())
    await withLock(io, old.lockDir(key), { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
      const tokens = old.read(key);
      if (tokens) next.write(key, tokens);
    });
  // Credentials of AWS accounts are short-lived: new ones are requested.
  const { clearCredentials } = await import('../aws/credentials.ts');
  clearCredentials(paths.state);
}
