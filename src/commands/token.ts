/** `token`: a bearer token on stdout, for curl. */

import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';

export interface TokenOptions {
  readonly cluster: string | undefined;
}

export const tokenCommand: CommandDefinition<TokenOptions> = {
  texts: {
    summary: 'print a bearer token, for curl',
    description:
      'Prints the token of the platform or of a cluster. Do not put the token on a command line, where other users can see it: let curl read the header from a pipe, as in the example.',
    examples: [
      'zkubectl token',
      `(printf 'Authorization: Bearer '; zkubectl token) | curl -H @- https://cluster-registry.example.org/kubernetes-clusters`,
      'zkubectl token --cluster foobarlab',
    ],
  },
  declare: command => {
    command.option('--cluster <CLUSTER>', "a cluster's token instead of the platform's");
  },
  options: (_, flags: { cluster?: string }) => ({ cluster: flags.cluster }),
  run: runToken,
};

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
