/** `decrypt`: decrypts a secret of a deployment file with the KMS key of the cluster that it names. The plain text goes only to stdout. */
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, type CommandDefinition } from '../../cli/definition.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import { parseSecret, regionOf, warnOfRole } from './deployment-secret.ts';
import { createKms } from './kms.ts';

interface DecryptOptions {
  /** Undefined: from stdin. */
  readonly secret: string | undefined;
  /** On a terminal, print a newline after the secret. */
  readonly strip: boolean;
  /** Upstream's flag. */
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
      .option('--no-strip', 'do not add a newline on a terminal');
    addUpstreamFlags(command, '--role <ROLE>');
  },
  options: ([secret], flags: { strip?: boolean; role?: string }) => ({
    secret,
    strip: flags.strip ?? true,
    role: flags.role,
  }),
  run: runDecrypt,
};

async function runDecrypt(ctx: Context, { secret, strip, role }: DecryptOptions): Promise<void> {
  warnOfRole(ctx, role);
  const text = secret ?? (await readStdin(ctx.io, 64 * 1024)).toString('utf8');
  const { alias, ciphertext } = parseSecret(text);
  const cluster = await ctx.cluster(alias);
  const kms = await createKms(await ctx.http(), regionOf(cluster));
  const plaintext = await kms.decrypt(ciphertext);
  ctx.io.stdout.write(plaintext);
  if (ctx.io.isTTY.stdout && strip) ctx.io.stdout.write('\n');
}
