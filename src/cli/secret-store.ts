/**
 * Where secrets are kept (`auth.store`): in files that only the user can read, or in files that are encrypted with a key of the system's keyring.
 * Rule: what the keyring needs is loaded only when it is set.
 */
import path from 'node:path';
import { createTokenStore, type TokenStore } from '../auth/token-store.ts';
import type { Config } from '../config/config.ts';
import { withLock } from '../platform/files/lock.ts';
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

/** Makes the key when the keyring has none. Parallel processes make one. */
export async function keyringSealer({ io, paths }: Pick<SecretWorld, 'io' | 'paths'>): Promise<Sealer> {
  const [{ openKeyring }, { createSealer, KEY_BYTES }] = await Promise.all([
    import('../platform/keyring.ts'),
    import('../platform/files/sealer.ts'),
  ]);
  const keyring = await openKeyring(io, 'token-key', path.join(paths.state, STATE.native));
  const read = () => {
    const key = keyring.read();
    return key?.length === KEY_BYTES ? createSealer(key) : undefined;
  };
  return (
    read() ??
    withLock(io, lockDir(paths.state, 'keyring'), { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
      const made = read();
      if (made) return made;
      const key = crypto.getRandomValues(new Uint8Array(KEY_BYTES));
      keyring.write(key);
      return createSealer(key);
    })
  );
}

/** Moves what is stored from one store to the other. */
export async function moveSecrets(
  { io, paths }: Pick<SecretWorld, 'io' | 'paths'>,
  from: Sealer | undefined,
  to: Sealer | undefined,
): Promise<number> {
  const [old, next] = [createTokenStore(paths.state, from), createTokenStore(paths.state, to)];
  const keys = old.all().map(({ key }) => key);
  // Under the lock of a renewal, so that a renewed token is not overwritten by the one before.
  for (const key of keys)
    await withLock(io, old.lockDir(key), { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
      const tokens = old.read(key);
      if (tokens) next.write(key, tokens);
    });
  // Credentials of AWS accounts are short-lived: new ones are requested.
  const { clearCredentials } = await import('../aws/credentials.ts');
  clearCredentials(paths.state);
  return keys.length;
}
