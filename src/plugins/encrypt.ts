/**
 * `encrypt` and `decrypt`: secrets in deployment files, by the KMS key of the cluster's account.
 * Format: `deployment-secret:2:ALIAS:BASE64`; version 1, without the `2:`, is read too.
 * Rules: the plain text comes from stdin or a hidden prompt, never from the command line; it is written to stdout alone.
 */
import { CliError, UsageError } from '../errors.ts';
import { isInteractive } from '../platform/io.ts';
import { readStdin } from '../platform/terminal/stdin.ts';
import { type Cluster, isAlias } from '../registry/cluster.ts';
import { createKms, MAX_PLAINTEXT_BYTES } from './kms.ts';
import type { Plugin, PluginContext, PluginFlags } from './plugin.ts';

export const encryptPlugin: Plugin = {
  name: 'encrypt',
  texts: {
    summary: 'encrypt a secret for a deployment file',
    description:
      "Encrypts what it reads from stdin, or from a hidden prompt, by the KMS key of the current context's cluster. A newline at the end is left out, unless --no-strip.",
    examples: ['pwgen -s 32 1 | zkubectl encrypt', 'zkubectl encrypt --cluster foobarlab'],
  },
  declare: command => {
    command
      .option('--kms-keyid <KMS-KEY>', 'another key: id, ARN or alias/NAME')
      .option('--no-strip', 'keep the newline at the end');
  },
  run: runEncrypt,
};

export const decryptPlugin: Plugin = {
  name: 'decrypt',
  texts: {
    summary: 'decrypt a secret of a deployment file',
    description:
      'Decrypts a deployment-secret, from the command line or stdin, by the KMS key of the cluster it names.',
    examples: ['zkubectl decrypt deployment-secret:2:foobarlab:AQICAHh…'],
  },
  declare: command => {
    command
      .argument('[SECRET]', 'deployment-secret:…; left out: from stdin')
      .option('--no-strip', 'end without a newline on a terminal too');
  },
  run: runDecrypt,
};

const PREFIX = 'deployment-secret';

async function runEncrypt(ctx: PluginContext, _args: readonly string[], flags: PluginFlags): Promise<undefined> {
  const cluster = await ctx.cluster();
  const typed = await theSecret(ctx);
  const plaintext = flags['strip'] === false ? typed : withoutNewline(typed);
  if (plaintext.length === 0)
    throw new UsageError('there is nothing to encrypt', { code: 'empty_secret', hint: 'give it by stdin' });
  if (plaintext.length > MAX_PLAINTEXT_BYTES)
    throw new UsageError(`the secret is longer than KMS takes (${MAX_PLAINTEXT_BYTES} bytes)`, { code: 'long_secret' });
  const key = typeof flags['kmsKeyid'] === 'string' ? flags['kmsKeyid'] : `alias/${cluster.localId}-deployment-secret`;
  const kms = await createKms(await ctx.base.http(), regionOf(cluster));
  const ciphertext = await kms.encrypt(key, plaintext);
  ctx.io.stdout.write(`${PREFIX}:2:${cluster.alias}:${Buffer.from(ciphertext).toString('base64')}\n`);
  return undefined;
}

async function runDecrypt(ctx: PluginContext, [argument]: readonly string[], flags: PluginFlags): Promise<undefined> {
  const text = argument ?? (await readStdin(ctx.io, 64 * 1024)).toString('utf8');
  const { alias, ciphertext } = parseSecret(text);
  const cluster = await (await ctx.base.registry()).find(alias);
  const kms = await createKms(await ctx.base.http(), regionOf(cluster));
  const plaintext = await kms.decrypt(ciphertext);
  ctx.io.stdout.write(plaintext);
  if (ctx.io.isTTY.stdout && flags['strip'] !== false) ctx.io.stdout.write('\n');
  return undefined;
}

async function theSecret({ io }: PluginContext): Promise<Buffer> {
  if (isInteractive(io)) return Buffer.from(await io.prompt.secret('secret:'));
  if (!io.isTTY.stdin) return readStdin(io, MAX_PLAINTEXT_BYTES + 2);
  // What is typed would be seen.
  throw new UsageError('there is no terminal to ask on', { code: 'no_terminal', hint: 'give the secret by stdin' });
}

/** The parts of a deployment secret. Throws UsageError for what is none. */
export function parseSecret(text: string): { alias: string; ciphertext: Buffer } {
  const parts = text.trim().split(':');
  const [prefix, alias = '', base64 = ''] =
    parts[1] === '2' && parts.length === 4 ? [parts[0], parts[2], parts[3]] : parts;
  const isSecret = prefix === PREFIX && parts.length <= 4 && (parts.length === 3 || parts[1] === '2');
  if (!isSecret || !isAlias(alias) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new UsageError('that is no deployment secret', {
      code: 'bad_secret',
      hint: `it looks like ${PREFIX}:2:ALIAS:BASE64`,
    });
  }
  return { alias, ciphertext: Buffer.from(base64, 'base64') };
}

function withoutNewline(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : undefined;
  return bytes.subarray(0, end);
}

function regionOf(cluster: Cluster): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(cluster.region)) return cluster.region;
  throw new CliError(`the registry has no AWS region for ${cluster.alias}`, { code: 'no_region' });
}
