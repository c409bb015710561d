/** `sandbox sign-in URL`: signs in on the sandbox's page without a browser; meant as $BROWSER. */
import type { Command } from 'commander';
import { addCommand } from '../../cli/command.ts';
import type { Context } from '../../cli/context.ts';

export function registerSandboxSignIn(parent: Command, ctx: Context, run = runSandboxSignIn): void {
  addCommand(parent, 'sign-in', {
    summary: 'sign in on its page without a browser',
    description:
      "Follows a login's address and signs in as one of the sandbox's users: a $BROWSER for demos and scripts. It talks to this machine alone.",
    examples: ["BROWSER='zkubectl sandbox sign-in --user alice' zkubectl login foobarlab"],
  })
    .argument('<URL>', 'the address that the login shows')
    .option('--user <NAME>', 'alice or bob; deny cancels', 'alice')
    .action((url: string, flags: { user: string }) => run(ctx, { url, user: flags.user }));
}

export async function runSandboxSignIn(
  ctx: Pick<Context, 'http'>,
  options: { url: string; user: string },
): Promise<void> {
  const [{ signIn }, http] = await Promise.all([import('../../sandbox/sign-in.ts'), ctx.http()]);
  await signIn(request => http.exchange('the sandbox', request), options.url, options.user);
}
