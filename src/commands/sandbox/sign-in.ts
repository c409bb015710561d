/** `sandbox sign-in URL`: signs in on the sandbox's page without a browser; meant as $BROWSER. */

import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';

export const sandboxSignInCommand: CommandDefinition<{ url: string; user: string }> = {
  texts: {
    summary: 'sign in to the sandbox without a browser',
    description:
      'Opens the URL of a login and signs in as a user of the sandbox: a $BROWSER for demos and scripts. It connects only to this machine.',
    examples: ["BROWSER='zkubectl sandbox sign-in --user alice' zkubectl login foobarlab"],
  },
  declare: command => {
    command
      .argument('<URL>', 'the URL that the login shows')
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
