/** `decrypt`: decrypts a secret of a deployment file with the KMS key of the cluster that it names. The plain text goes only to stdout. */
import { createKms } from '../../aws/kms.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import { checkRole, ROLE_FLAG } from '../aws/flags.ts';
import { credentialsOf } from './account-credentials.ts';
import { parseSecret, regionOf } from './deployment-secret.ts';

interface DecryptOptions {
  /** Undefined: from stdin. */
  readonly secret: string | undefined;
  /** On a terminal, print a newline after the secret. */
  readonly strip: boolean;
  /** The role in the cluster's account. */
  readonly role: string | undefined;
}

export const decryptCommand: CommandDefinition<DecryptOptions> = {
  texts: {
    summary: 'decrypt a secret of a deployment file',
    description:
      'Decrypts a deployment-secret from the command line or stdin, with the KMS key of the cluster that it names.',
    examples: ['zkubectl decrypt deployment-secret:2:foobarlab:AQICAHh…'],
  },
  declare: command => {
    command
      .argument('[SECRET]', 'deployment-secret:…; default: read from stdin')
      .option(...ROLE_FLAG)
      .option('--no-strip', 'do not add a newline on a terminal');
  },
  options: ([secret], flags: { strip?: boolean; role?: string }) => ({
    secret,
    strip: flags.strip ?? true,
    role: checkRole(flags.role),
  }),
  run: runDecrypt,
};

async function runDecrypt(ctx: Context, { secret, strip, role }: DecryptOptions): Promise<void> {
  const text = secret ?? (await readStdin(ctx.io, 64 * 1024)).toString('utf8');
  const { alias, ciphertext } = parseSecret(text);
  const cluster = await ctx.cluster(alias);
  const kms = await createKms(await ctx.http(), regionOf(cluster), await credentialsOf(ctx, cluster, role));
  const plaintext = await kms.decrypt(ciphertext);
  ctx.io.stdout.write(plaintext);
  if (ctx.io.isTTY.stdout && strip) ctx.io.stdout.write('\n');
}
