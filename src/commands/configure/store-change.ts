/** `configure auth.store=…` encrypts or decrypts the stored secrets. A crash in between loses none: the keyring's store also reads files that are not encrypted. */
import type { Context } from '../../cli/context.ts';
import { keyringSealer, moveSecrets } from '../../cli/secret-store.ts';
import { CONFIG_KEYS, type ConfigPath, envName } from '../../config/keys.ts';
import { UsageError } from '../../errors.ts';

const KEY = 'auth.store' satisfies ConfigPath;

export interface StoreChange {
  /** Before the configuration is written. */
  before(): Promise<void>;
  /** After it was written. */
  after(): Promise<void>;
}

/** Undefined: nothing moves. Throws UsageError (2) when the keyring cannot be used: then nothing is written. */
export async function storeChange(
  ctx: Context,
  options: { readonly set: ReadonlyMap<ConfigPath, string>; readonly unset: readonly ConfigPath[] },
): Promise<StoreChange | undefined> {
  const isUnset = options.unset.includes(KEY);
  const wanted = options.set.get(KEY) ?? (isUnset ? CONFIG_KEYS.find(key => key.path === KEY)?.fallback : undefined);
  // The variable overrides the file, so nothing changes.
  if (wanted === undefined || ctx.io.env[envName(KEY)]) return undefined;
  if (wanted === (await ctx.config()).text(KEY)) return undefined;
  const nothing = async () => undefined;
  const sealer = await keyringSealer(ctx).catch(error => {
    if (!(error instanceof UsageError)) throw error;
    if (wanted === 'file') return error;
    throw new UsageError(`cannot set ${KEY}=keyring: ${error.message}`, {
      code: 'no_keyring',
      hint: 'nothing was changed; unlock the keyring and run the command again',
      cause: error,
    });
  });
  // The way back to files must work without the keyring: who set it may have lost it.
  if (sealer instanceof UsageError)
    return {
      before: nothing,
      after: async () =>
        ctx.messages.warn(`the stored tokens stay encrypted; log in again: zkubectl login (${sealer.message})`),
    };
  const move = async (isToKeyring: boolean) => {
    const count = await moveSecrets(ctx, isToKeyring ? undefined : sealer, isToKeyring ? sealer : undefined);
    const tokens = `${count} ${count === 1 ? 'set' : 'sets'} of tokens`;
    if (count > 0)
      ctx.messages.say(isToKeyring ? `encrypted ${tokens} with a key of the system's keyring` : `decrypted ${tokens}`);
  };
  return wanted === 'keyring'
    ? { before: nothing, after: () => move(true) }
    : { before: () => move(false), after: nothing };
}
