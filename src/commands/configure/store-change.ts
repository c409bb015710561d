/** `configure auth.store=…` moves the stored secrets. A crash in between loses none: the keyring's store also reads files that are not encrypted. */
import type { Context } from '../../cli/context.ts';
import { keyringSealer, moveSecrets } from '../../cli/secret-store.ts';
import { CONFIG_KEYS, type ConfigPath, envName } from '../../config/keys.ts';

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
  const sealer = await keyringSealer(ctx);
  const move = async (isToKeyring: boolean) => {
    const count = await moveSecrets(ctx, isToKeyring ? undefined : sealer, isToKeyring ? sealer : undefined);
    if (count > 0) ctx.messages.say(`moved ${count} ${count === 1 ? 'set' : 'sets'} of tokens to the ${wanted} store`);
  };
  const nothing = async () => undefined;
  return wanted === 'keyring'
    ? { before: nothing, after: () => move(true) }
    : { before: () => move(false), after: nothing };
}
