/** `sandbox env`: the exports that point zkubectl and kubectl at the sandbox. */

import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { SHELLS, type Shell, setLine, shellWord, unsetLine } from '../../lib/shell-words.ts';
import { makeDirs } from '../../platform/files/files.ts';
import { requireRunning, sandboxDir } from './shared.ts';

export interface SandboxEnvOptions {
  readonly dir: string | undefined;
  readonly shell: Shell;
  readonly user: string | undefined;
  readonly ci: boolean;
}

export const sandboxEnvCommand: CommandDefinition<SandboxEnvOptions> = {
  texts: {
    summary: 'print exports that point a shell at the sandbox',
    description:
      'Prints exports for zkubectl and kubectl. With --user, this shell acts as that user: it has its own tokens, and its browser signs in automatically, so that two terminals can be two people. With --ci, it acts as a machine with a client secret.',
    examples: [
      'eval "$(zkubectl sandbox env)"',
      'eval "$(zkubectl sandbox env --user bob)"',
      'eval "$(zkubectl sandbox env --ci)"',
      'zkubectl sandbox env --shell fish | source',
    ],
  },
  declare: command => {
    command
      .addOption(
        command
          .createOption('--shell <SHELL>', 'the shell to print exports for')
          .choices([...SHELLS])
          .default('sh'),
      )
      .option('--user <NAME>', 'alice or bob; signs in automatically')
      .option('--ci', 'act as a machine that uses client credentials')
      .option('--dir <DIR>', 'the folder of the sandbox');
  },
  options: (_, flags: { shell?: Shell; user?: string; ci?: boolean; dir?: string }) => ({
    dir: flags.dir,
    shell: flags.shell ?? 'sh',
    user: flags.user,
    ci: flags.ci ?? false,
  }),
  run: runSandboxEnv,
};

export async function runSandboxEnv(ctx: Context, options: SandboxEnvOptions): Promise<void> {
  const dir = sandboxDir(ctx, options.dir);
  const { info } = requireRunning(dir);
  const { USERS } = await import('../../sandbox/users.ts');
  if (options.user !== undefined && !USERS.some(user => user.id === options.user)) {
    throw new UsageError(`the sandbox has no user ${options.user}`, {
      code: 'no_such_user',
      hint: `its users are ${USERS.map(u => u.id).join(' and ')}`,
    });
  }
  if (options.ci && options.user !== undefined)
    throw new UsageError('--user and --ci cannot be used together', { code: 'bad_usage' });
  const variables = new Map<string, string>([
    ['ZKUBECTL_SANDBOX_DIR', dir],
    ['ZKUBECTL_CONFIG', info.configFile],
    ['KUBECONFIG', info.kubeconfig],
  ]);
  const person = options.ci ? 'ci' : options.user;
  if (person !== undefined) {
    const home = path.join(dir, 'users', person);
    makeDirs(home);
    variables.set('KUBECONFIG', path.join(home, 'kubeconfig'));
    variables.set('XDG_STATE_HOME', path.join(home, 'state'));
    variables.set('XDG_CACHE_HOME', path.join(home, 'cache'));
  }
  if (options.user !== undefined) variables.set('BROWSER', browserCommandLine(ctx, options.user));
  if (options.ci) {
    variables.set('ZKUBECTL_AUTH_FLOW', 'client-credentials');
    variables.set('ZKUBECTL_AUTH_CLIENT_ID', 'ci');
    variables.set('ZKUBECTL_AUTH_CLUSTER_CLIENT_ID', 'ci.{alias}');
    variables.set('ZKUBECTL_AUTH_CLIENT_SECRET_FILE', info.clientSecretFile);
  }
  // Unsets what an earlier `env --user` set in this shell.
  const isLeftOver = (name: string) =>
    !variables.has(name) &&
    (ctx.io.env[name]?.includes(name === 'BROWSER' ? ' sandbox sign-in ' : `${dir}${path.sep}users`) ?? false);
  // Unsets variables that override the sandbox's configuration, so that nobody practises on real clusters by accident.
  const foreign = Object.keys(ctx.io.env).filter(
    name => /^ZKUBECTL_(REGISTRY|AUTH|ACCESS|DASHBOARD|TLS|TOKEN)(_|$)/.test(name) && !variables.has(name),
  );
  const lines = [
    ...[...foreign, ...['BROWSER', 'XDG_STATE_HOME', 'XDG_CACHE_HOME'].filter(isLeftOver)]
      .sort()
      .map(name => unsetLine(options.shell, name)),
    ...[...variables].map(([name, value]) => setLine(options.shell, name, value)),
  ];
  ctx.io.stdout.write(`${lines.join('\n')}\n`);
}

/** A $BROWSER that signs in automatically: this program, with each word quoted for the shell. */
function browserCommandLine(ctx: Context, user: string): string {
  const { file, args } = ctx.io.self;
  return [file, ...args, 'sandbox', 'sign-in', '--user', user].map(shellWord).join(' ');
}
