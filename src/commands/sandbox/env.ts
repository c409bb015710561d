/** `sandbox env`: the exports that point zkubectl and kubectl at the sandbox. */

import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { shellOf } from '../../cli/shell.ts';
import { CliError, UsageError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { evalLine, SHELLS, type Shell, sayLine, setLine, unsetLine } from '../../lib/shell-words.ts';
import { foreignVariables, MACHINE, personVariables } from './person.ts';
import { requireRunning, sandboxDir } from './shared.ts';

/** The shell's own variables, as JSON, while it uses the sandbox. */
const PREVIOUS = 'ZKUBECTL_SANDBOX_PREVIOUS';

export interface SandboxEnvOptions {
  readonly dir: string | undefined;
  /** Undefined: sh, and with `exit` the shell of the last `sandbox env`. */
  readonly shell: Shell | undefined;
  /** Restore the shell's own variables. */
  readonly exit: boolean;
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
      'eval "$(zkubectl sandbox env --exit)"',
      'zkubectl sandbox env --shell fish | source',
    ],
  },
  declare: command => {
    command
      .addOption(command.createOption('--shell <SHELL>', 'the shell to print exports for').choices([...SHELLS]))
      .option('--user <NAME>', 'alice or bob; signs in automatically')
      .option('--ci', 'act as a machine that uses client credentials')
      .option('--exit', 'restore what this shell had before')
      .option('--dir <DIR>', 'the folder of the sandbox');
  },
  options: (_, flags: { shell?: Shell; user?: string; ci?: boolean; dir?: string; exit?: boolean }) => ({
    dir: flags.dir,
    shell: flags.shell,
    exit: flags.exit ?? false,
    user: flags.user,
    ci: flags.ci ?? false,
  }),
  run: runSandboxEnv,
};

export async function runSandboxEnv(ctx: Context, options: SandboxEnvOptions): Promise<void> {
  const shell = options.shell ?? savedIn(ctx.io)?.shell ?? shellOf(ctx.io);
  // On a terminal the code is only shown, not evaluated, and the user may believe that something has changed.
  if (ctx.io.isTTY.stdout && options.shell === undefined) {
    const flags = options.exit ? ' --exit' : options.ci ? ' --ci' : ` --user ${options.user ?? 'alice'}`;
    throw new UsageError('nothing changed: your shell must evaluate the output', {
      code: 'not_evaluated',
      hint: evalLine(shell, `zkubectl sandbox env${flags}`),
    });
  }
  if (options.exit) return leave(ctx, shell);
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
  const variables = personVariables(ctx, dir, info, options.ci ? MACHINE : options.user);
  const before = previousIn(ctx);
  // Unsets what an earlier `env --user` set in this shell.
  const leftOver = before === undefined ? [] : Object.keys(before).filter(name => !variables.has(name));
  const foreign = foreignVariables(ctx.io.env).filter(name => !variables.has(name));
  const unset = [...new Set([...foreign, ...leftOver])].sort();
  const previous = Object.fromEntries(
    [...unset, ...variables.keys()].map(name => [
      name,
      before?.[name] ?? (before && name in before ? null : (ctx.io.env[name] ?? null)),
    ]),
  );
  variables.set(PREVIOUS, JSON.stringify({ shell, variables: { ...before, ...previous } }));
  const lines = [
    ...unset.filter(name => ctx.io.env[name] !== undefined).map(name => unsetLine(shell, name)),
    ...[...variables].map(([name, value]) => setLine(shell, name, value)),
  ];
  const who = options.ci ? 'a machine' : (options.user ?? 'whoever signs in');
  lines.push(sayLine(shell, `this terminal uses the sandbox, as ${who}; to leave it: sandbox env --exit`));
  ctx.io.stdout.write(`${lines.join('\n')}\n`);
}

/** The variables of this shell before its first `sandbox env`. null: not set. */
type Previous = Readonly<Record<string, string | null>>;

/** Undefined: this shell does not use a sandbox. */
function previousIn({ io }: Context): Previous | undefined {
  return savedIn(io)?.variables;
}

function savedIn({ env }: Context['io']): { shell: Shell; variables: Previous } | undefined {
  try {
    const saved: unknown = JSON.parse(env[PREVIOUS] ?? '');
    const { shell, variables } = isRecord(saved) ? saved : {};
    if (!isRecord(variables)) return undefined;
    const isName = (name: string) => /^[A-Z][A-Z0-9_]*$/.test(name);
    return {
      shell: SHELLS.find(name => name === shell) ?? 'sh',
      variables: Object.fromEntries(
        Object.entries(variables)
          .filter(([name]) => isName(name))
          .map(([name, value]) => [name, typeof value === 'string' ? value : null]),
      ),
    };
  } catch {
    return undefined;
  }
}

/** Prints the code that restores the shell's own variables. Works when the sandbox is down. */
function leave(ctx: Context, to: Shell): void {
  const saved = savedIn(ctx.io);
  if (saved === undefined) throw new CliError('this terminal does not use a sandbox', { code: 'no_sandbox_env' });
  const lines = Object.entries(saved.variables).map(([name, value]) =>
    value === null ? unsetLine(to, name) : setLine(to, name, value),
  );
  const back = sayLine(to, 'this terminal uses your own configuration again');
  ctx.io.stdout.write(`${[...lines, unsetLine(to, PREVIOUS), back].join('\n')}\n`);
}
