/** `sandbox sign-in URL`: signs in on the sandbox's page without a browser; meant as $BROWSER. */

import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';

export const sandboxSignInCommand: CommandDefinition<{ url: string; user: string }> = {
  texts: {
    summary: 'sign in on its page without a browser',
    description:
      "Follows a login's address and signs in as one of the sandbox's users: a $BROWSER for demos and scripts. It talks to this machine alone.",
    examples: ["BROWSER='zkubectl sandbox sign-in --user alice' zkubectl login foobarlab"],
  },
  declare: command => {
    command
      .argument('<URL>', 'the address that the login shows')
      .option('--user <NAME>', 'alice or bob; deny cancels', 'alice');
  },
  options: ([url = ''], flags: { user?: string }) => ({ url, user: flags.user ?? 'alice' }),
  run: runSandboxSignIn,
};

export async function runSandboxSignIn(
  ctx: Pick<Context, 'http'>,
  options: { url: string; user: string },
): Promise<void> {
  const [{ signIn }, http] = await Promise.all([import('../../sandbox/sign-in.ts'), ctx.http()]);
  await signIn(request => http.exchange('the sandbox', request), options.url, options.user);
}
