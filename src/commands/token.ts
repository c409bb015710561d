/** `token`: a bearer token on stdout, for curl. */
import type { Command } from 'commander';
import { addCommand } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';

export interface TokenOptions {
  readonly cluster: string | undefined;
}

export function registerToken(parent: Command, ctx: Context, run = runToken): void {
  addCommand(parent, 'token', {
    summary: 'a bearer token, for curl',
    description:
      "Prints the platform's token, or a cluster's. Keep it out of argv: let curl read the header from a pipe, as below.",
    examples: [
      'zkubectl token',
      `(printf 'Authorization: Bearer '; zkubectl token) | curl -H @- https://cluster-registry.example.org/kubernetes-clusters`,
      'zkubectl token --cluster foobarlab',
    ],
  })
    .option('--cluster <CLUSTER>', "a cluster's token instead of the platform's")
    .action((flags: TokenOptions) => run(ctx, { cluster: flags.cluster }));
}

export async function runToken(
  ctx: Pick<Context, 'io' | 'platformToken' | 'credentials'>,
  options: TokenOptions,
): Promise<void> {
  const { token } =
    options.cluster === undefined
      ? await ctx.platformToken()
      : await ctx.credentials.bearerFor(options.cluster, undefined);
  ctx.io.stdout.write(`${token}\n`);
}
