/** `configure --domain DOMAIN`: takes the values that a company publishes in DNS, after the user has seen them. */
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { autoconfigName, parseAutoconfig } from '../../config/autoconfig.ts';
import type { ConfigPath } from '../../config/keys.ts';
import { CliError, messageOf, NotFoundError, systemErrorCode, UnreachableError } from '../../errors.ts';

/** The codes of a name, or of a record of a name, that does not exist. */
const ABSENT = new Set(['ENOTFOUND', 'ENODATA']);

/** Throws NotFoundError (3) without a record, UnreachableError (6) when DNS does not answer, UsageError (2) for a record that must not be used. */
export async function settingsOfDomain(ctx: Context, domain: string): Promise<Map<ConfigPath, string>> {
  const name = autoconfigName(domain);
  const settings = parseAutoconfig(await textRecords(ctx, name), `the TXT record ${name}`);
  if (settings.size === 0) throw new NotFoundError(`the TXT record ${name} is empty`, { code: 'no_autoconfig' });
  ctx.messages.say(`${name} has:`);
  const now = await ctx.config();
  for (const [key, value] of settings) {
    const { value: before, source } = now.settings.get(key) ?? {};
    const was = source === undefined || source === 'default' || before === value ? '' : ` (now ${String(before)})`;
    ctx.messages.say(`  ${key}=${value}${was}`);
  }
  const kept = (['registry.token_command', 'registry.token_file'] as const).find(key => now.text(key) !== undefined);
  if (kept !== undefined && settings.has('registry.url'))
    ctx.messages.warn(
      `${kept} stays set: its token goes to ${settings.get('registry.url')}; to remove it: zkubectl configure --unset ${kept}`,
    );
  if (await confirmOrFail(ctx, 'send your logins to these services?')) return settings;
  throw new CliError('cancelled; nothing changed', { code: 'declined' });
}

async function textRecords({ io, messages }: Context, name: string): Promise<string[]> {
  messages.progress(`looking up ${name}`);
  try {
    return await io.textRecords(name);
  } catch (error) {
    if (ABSENT.has(systemErrorCode(error) ?? ''))
      throw new NotFoundError(`there is no TXT record ${name}`, {
        code: 'no_autoconfig',
        hint: 'ask your platform team for the values: zkubectl configure registry.url=URL auth.issuer=URL',
        cause: error,
      });
    throw new UnreachableError(`cannot look up ${name}: ${messageOf(error)}`, { code: 'dns', cause: error });
  } finally {
    messages.endProgress();
  }
}
