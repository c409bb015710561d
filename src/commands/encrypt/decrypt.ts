/** `decrypt`: a secret of a deployment file, by the KMS key of the cluster that it names. The plain text is written to stdout alone. */
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import { parseSecret, regionOf } from './deployment-secret.ts';
import { createKms } from './kms.ts';

interface DecryptOptions {
  /** Undefined: from stdin. */
  readonly secret: string | undefined;
  /** End without a newline on a terminal. */
  readonly strip: boolean;
}

export const decryptCommand: CommandDefinition<DecryptOptions> = {
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
  options: ([secret], flags: { strip?: boolean }) => ({ secret, strip: flags.strip ?? true }),
  run: runDecrypt,
};

async function runDecrypt(ctx: Context, { secret, strip }: DecryptOptions): Promise<void> {
  const text = secret ?? (await readStdin(ctx.io, 64 * 1024)).toString('utf8');
  const { alias, ciphertext } = parseSecret(text);
  const cluster = await ctx.cluster(alias);
  const kms = await createKms(await ctx.http(), regionOf(cluster));
  const plaintext = await kms.decrypt(ciphertext);
  ctx.io.stdout.write(plaintext);
  if (ctx.io.isTTY.stdout && strip) ctx.io.stdout.write('\n');
}
