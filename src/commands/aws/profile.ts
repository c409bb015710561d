/**
 * Profiles in the files of the AWS CLI and SDKs: `~/.aws/config`, `~/.aws/credentials` (AWS_CONFIG_FILE, AWS_SHARED_CREDENTIALS_FILE).
 * Rules: written under a lock, atomically, and only where something changes. A key that somebody else set is replaced only after a question.
 */
import path from 'node:path';
import type { AwsCredentials } from '../../aws/credentials.ts';
import { configSection, type ProfileChange, valueIn, withProfile } from '../../aws/profile-file.ts';
import type { AwsTarget } from '../../cli/aws.ts';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { readForeign, writeForeign } from '../../cli/foreign-file.ts';
import { CliError, UsageError } from '../../errors.ts';
import { withLock } from '../../platform/files/lock.ts';
import { lockDir } from '../../platform/files/paths.ts';

export const PROFILE_FLAG = [
  '--profile <PROFILE>',
  'the name of the profile; default: the account as you named it',
] as const;

const LOCK_TIMEOUT_MS = 10_000;

/** The keys that hold static credentials. The AWS SDKs prefer them to a credential_process. */
const KEYS = ['aws_access_key_id', 'aws_secret_access_key', 'aws_session_token'] as const;

type ProfileContext = Pick<Context, 'io' | 'paths' | 'globals' | 'messages'>;

/** Throws UsageError (2) for a name that would not be a name in an AWS file. */
export function checkProfileName(name: string, what: 'a profile' | 'an alias'): void {
  if (/^[A-Za-z0-9][\w.@+-]{0,99}$/.test(name)) return;
  const other = what === 'a profile' ? '; choose another with --profile' : '';
  throw new UsageError(`${name} cannot be the name of ${what}`, {
    code: 'bad_name',
    hint: `a letter or digit, then letters, digits and . _ - @ +, 100 at most${other}`,
  });
}

export function profileNameOf(typed: string | undefined, target: AwsTarget): string {
  const name = typed ?? target.name;
  checkProfileName(name, 'a profile');
  return name;
}

/** Does the profile run this program for this account and role? */
export function isCurrentProfile({ io }: Pick<Context, 'io'>, name: string, target: AwsTarget): boolean {
  const files = awsFiles(io);
  return (
    valueIn(read(files.config), configSection(name), 'credential_process') === commandOf(io, target) &&
    valueIn(read(files.credentials), name, KEYS[0]) === undefined
  );
}

/** Writes a profile that runs `zkubectl aws credentials`. Resolves to the file. */
export async function writeProcessProfile(ctx: ProfileContext, name: string, target: AwsTarget): Promise<string> {
  const files = awsFiles(ctx.io);
  const command = commandOf(ctx.io, target);
  const section = configSection(name);
  const before = valueIn(read(files.config), section, 'credential_process');
  if (before !== undefined && before !== command && !before.includes(' aws credentials '))
    await confirmReplacing(ctx, `the profile ${name} in ${files.config} runs another command: ${before}`);
  const hasKeys = valueIn(read(files.credentials), name, KEYS[0]) !== undefined;
  if (hasKeys) await confirmReplacing(ctx, `the profile ${name} has keys in ${files.credentials}, which AWS prefers`);
  await change(ctx, files.config, section, {
    credential_process: command,
    ...(target.region && { region: valueIn(read(files.config), section, 'region') ?? target.region }),
  });
  // Only now: when the profile could not be written, the keys are still there.
  if (hasKeys)
    await change(ctx, files.credentials, name, { [KEYS[0]]: undefined, [KEYS[1]]: undefined, [KEYS[2]]: undefined });
  return files.config;
}

/** Writes the credentials themselves. Resolves to the file. */
export async function writeStaticProfile(
  ctx: ProfileContext,
  name: string,
  { accessKeyId, secretAccessKey, sessionToken }: AwsCredentials,
): Promise<string> {
  const { credentials } = awsFiles(ctx.io);
  const text = read(credentials);
  const before = valueIn(text, name, KEYS[0]);
  // Temporary keys have a session token: replacing them loses nothing.
  if (before !== undefined && valueIn(text, name, KEYS[2]) === undefined)
    await confirmReplacing(ctx, `the profile ${name} in ${credentials} has permanent keys (${before})`);
  await change(ctx, credentials, name, {
    [KEYS[0]]: accessKeyId,
    [KEYS[1]]: secretAccessKey,
    [KEYS[2]]: sessionToken,
  });
  return credentials;
}

function awsFiles({ env, home }: Pick<Context['io'], 'env' | 'home'>) {
  return {
    config: env['AWS_CONFIG_FILE'] || path.join(home, '.aws', 'config'),
    credentials: env['AWS_SHARED_CREDENTIALS_FILE'] || path.join(home, '.aws', 'credentials'),
  };
}

/** The command of `credential_process`: absolute, since the AWS SDKs run it from any folder. */
function commandOf({ self }: Pick<Context['io'], 'self'>, { accountId, role }: AwsTarget): string {
  const words = [self.file, ...self.args, 'aws', 'credentials', '--account', accountId];
  return [...words, ...(role === undefined ? [] : ['--role', role])].map(quoted).join(' ');
}

/** The SDKs read the command in different ways, some with a shell, so only what means the same to all is written. Throws CliError (1). */
function quoted(word: string): string {
  if (/^[\w@%+=:,./\\-]+$/.test(word)) return word;
  if (/^[\w@%+=:,./\\() -]+$/.test(word)) return `"${word}"`;
  throw new CliError(`a profile cannot name ${JSON.stringify(word)}: the path has special characters`, {
    code: 'bad_path',
    hint: 'install zkubectl in another folder, or use --static',
  });
}

async function confirmReplacing(ctx: ProfileContext, what: string): Promise<void> {
  if (!(await confirmOrFail(ctx, `${what}. Replace?`))) throw new CliError('nothing was changed', { code: 'declined' });
}

function read(file: string): string {
  return readForeign(file) ?? '';
}

async function change(ctx: ProfileContext, file: string, section: string, keys: ProfileChange): Promise<void> {
  await withLock(ctx.io, lockDir(ctx.paths.state, 'aws-files'), { timeoutMs: LOCK_TIMEOUT_MS }, async () => {
    const before = read(file);
    const after = withProfile(before, section, keys);
    if (after !== before) writeForeign(file, after, file === awsFiles(ctx.io).credentials);
  });
}
