/**
 * `encrypt`: encrypts a secret for a deployment file with the KMS key of the cluster's account.
 * Rule: the plain text comes from stdin or a hidden prompt, never from the command line.
 */
import { createKms, MAX_PLAINTEXT_BYTES } from '../../aws/kms.ts';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { checkOneTarget } from '../../clusters/target.ts';
import { UsageError } from '../../errors.ts';
import { isInteractive } from '../../platform/io.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import { checkRole, ROLE_FLAG } from '../aws/flags.ts';
import { credentialsOf } from './account-credentials.ts';
import { formatSecret, regionOf, stripOf } from './deployment-secret.ts';

interface EncryptOptions {
  readonly cluster: string | undefined;
  /** Id, ARN or alias/NAME; undefined: the cluster's own. */
  readonly key: string | undefined;
  /** Remove a newline at the end. */
  readonly strip: boolean;
  /** The role in the cluster's account. */
  readonly role: string | undefined;
}

export const encryptCommand: CommandDefinition<EncryptOptions> = {
  texts: {
    summary: 'encrypt a secret for a deployment file',
    description:
      "Encrypts a secret from stdin or from a hidden prompt, with the KMS key of the current context's cluster. A newline at the end is removed, unless --no-strip is given.",
    examples: ['pwgen -s 32 1 | zkubectl encrypt', 'zkubectl encrypt --cluster foobarlab'],
  },
  declare: command => {
    command
      .option(...CLUSTER_FLAG)
      .option('--kms-keyid <KMS-KEY>', 'another key: id, ARN or alias/NAME')
      .option(...ROLE_FLAG)
      .option('--no-strip', 'keep the newline at the end');
    addUpstreamFlags(command, '--strip [BOOL]');
  },
  options: (_, flags: { cluster?: string; kmsKeyid?: string; strip?: boolean | string; role?: string }) => ({
    cluster: flags.cluster,
    key: flags.kmsKeyid,
    strip: stripOf(flags.strip),
    role: checkRole(flags.role),
  }),
  run: runEncrypt,
};

async function runEncrypt(ctx: Context, options: EncryptOptions): Promise<void> {
  checkOneTarget({ cluster: options.cluster, context: ctx.globals.context });
  const cluster = await ctx.cluster(options.cluster);
  const typed = await readSecret(ctx);
  const plaintext = options.strip ? withoutNewline(typed) : typed;
  if (plaintext.length === 0)
    throw new UsageError('nothing to encrypt: the secret is empty', {
      code: 'empty_secret',
      hint: 'give the secret on stdin',
    });
  if (plaintext.length > MAX_PLAINTEXT_BYTES)
    throw new UsageError(`the secret is too long: KMS encrypts at most ${MAX_PLAINTEXT_BYTES} bytes`, {
      code: 'long_secret',
    });
  const kms = await createKms(await ctx.http(), regionOf(cluster), await credentialsOf(ctx, cluster, options.role));
  const ciphertext = await kms.encrypt(options.key ?? `alias/${cluster.localId}-deployment-secret`, plaintext);
  ctx.io.stdout.write(`${formatSecret(cluster.alias, ciphertext)}\n`);
}

async function readSecret({ io }: Pick<Context, 'io'>): Promise<Buffer> {
  if (isInteractive(io)) return Buffer.from(await io.prompt.secret('secret:'));
  if (!io.isTTY.stdin) return readStdin(io, MAX_PLAINTEXT_BYTES + 2);
  // Without a hidden prompt, the terminal would show the secret.
  throw new UsageError('cannot ask for the secret: no terminal', {
    code: 'no_terminal',
    hint: 'give the secret on stdin',
  });
}

function withoutNewline(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? -2 : -1) : undefined;
  return bytes.subarray(0, end);
}
