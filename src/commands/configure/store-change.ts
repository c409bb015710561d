/** `configure auth.store=…` encrypts or decrypts the stored secrets. A crash in between loses none: the keyring's store also reads files that are not encrypted. */
import type { Context } from '../../cli/context.ts';
import { keyringSealer, storeAnew, storedForms } from '../../cli/secret-store.ts';
import { CONFIG_KEYS, type ConfigPath, envName } from '../../config/keys.ts';
import { UsageError } from '../../errors.ts';

const KEY = 'auth.store' satisfies ConfigPath;

/** After the configuration was written: converts what is stored. A configuration that cannot be written changes nothing. */
export type StoreChange = () => Promise<void>;

/** Undefined: nothing changes. Throws UsageError (2) when the keyring cannot be used: then nothing is written. */
export async function storeChange(
  ctx: Context,
  options: { readonly set: ReadonlyMap<ConfigPath, string>; readonly unset: readonly ConfigPath[] },
): Promise<StoreChange | undefined> {
  const isUnset = options.unset.includes(KEY);
  const wanted = options.set.get(KEY) ?? (isUnset ? CONFIG_KEYS.find(key => key.path === KEY)?.fallback : undefined);
  // The variable overrides the file, so nothing changes.
  if (wanted === undefined || ctx.io.env[envName(KEY)]) return undefined;
  const isToKeyring = wanted === 'keyring';
  // What an earlier change left in the other form is converted too.
  const { sealed, plain } = storedForms(ctx);
  const count = isToKeyring ? plain : sealed;
  if (count === 0 && (!isToKeyring || wanted === (await ctx.config()).text(KEY))) return undefined;
  const sealer = await keyringSealer(ctx).catch(error => {
    if (!(error instanceof UsageError)) throw error;
    if (!isToKeyring) return error;
    throw new UsageError(`cannot set ${KEY}=keyring: ${error.message}`, {
      code: 'no_keyring',
      hint: 'nothing was changed; unlock the keyring and run the command again',
      cause: error,
    });
  });
  return async () => {
    // The way back to files must work without the keyring: who set it may have lost it.
    if (sealer instanceof UsageError)
      return ctx.messages.warn(`the stored tokens stay encrypted; log in again: zkubectl login (${sealer.message})`);
    await storeAnew(ctx, sealer, isToKeyring);
    // Only what is now stored in the other form was converted: a damaged file stays as it is.
    const after = storedForms(ctx);
    const left = isToKeyring ? after.plain : after.sealed;
    const done = count - left;
    const tokens = `${done} ${done === 1 ? 'set' : 'sets'} of tokens`;
    if (done > 0)
      ctx.messages.say(isToKeyring ? `encrypted ${tokens} with a key of the system's keyring` : `decrypted ${tokens}`);
    if (!isToKeyring && left > 0)
      ctx.messages.warn(
        'some tokens stay encrypted, because the keyring no longer has their key; log in again: zkubectl login',
      );
  };
}
