/** `env CLUSTER`: lines for a shell to evaluate, after which this terminal has a kubeconfig of its own. `env --exit` undoes it. */

import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { makeOwnKubeconfig } from '../cli/own-kubeconfig.ts';
import { pickCluster } from '../cli/pick-cluster.ts';
import { isOwnKubeconfig, ownerFileOf } from '../clusters/own-kubeconfigs.ts';
import { CliError, UsageError } from '../errors.ts';
import { evalLine, quoteFor, SHELLS, type Shell, setLine, unsetLine } from '../lib/shell-words.ts';
import { isInteractive } from '../platform/io.ts';

/** What KUBECONFIG was before; set, and perhaps empty, in a terminal with a kubeconfig of its own. */
const PREVIOUS = 'ZKUBECTL_ENV_PREVIOUS';

export interface EnvOptions {
  readonly cluster: string | undefined;
  readonly shell: Shell | undefined;
  readonly exit: boolean;
}

export const envCommand: CommandDefinition<EnvOptions> = {
  texts: {
    summary: 'a kubeconfig of its own for this terminal',
    description:
      'Prints lines for your shell to evaluate. From then on this terminal has a kubeconfig of its own, with that one cluster in it: switching here moves no other terminal, and no other terminal moves this one. With nothing named, a picker. --exit goes back to what was before.',
    examples: [
      'eval "$(zkubectl env foobarlab)"',
      'eval "$(zkubectl env foobarlab -n shop)"',
      'eval "$(zkubectl env --exit)"',
      'zkubectl env foobarlab --shell fish | source',
      'zkubectl env foobarlab --shell powershell | Out-String | Invoke-Expression',
    ],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', 'alias, id or context')
      .addOption(command.createOption('--shell <SHELL>', 'for which shell').choices([...SHELLS]))
      .option('--exit', 'back to the kubeconfig that was before');
  },
  options: ([cluster], flags: { shell?: Shell; exit?: boolean }) => ({
    cluster,
    shell: flags.shell,
    exit: flags.exit ?? false,
  }),
  run: runEnv,
};

export async function runEnv(ctx: Context, options: EnvOptions): Promise<void> {
  const { io } = ctx;
  const shell = options.shell ?? (io.platform === 'win32' ? 'powershell' : 'sh');
  if (options.exit && options.cluster !== undefined)
    throw new UsageError('either a cluster or --exit', { code: 'bad_usage' });
  // Whoever sees these lines has changed nothing, and may believe that he has.
  if (io.isTTY.stdout && options.shell === undefined) {
    throw new UsageError('nothing has changed: this prints lines that a shell is to evaluate', {
      code: 'not_evaluated',
      hint: evalLine(shell, `zkubectl env ${options.exit ? '--exit' : (options.cluster ?? 'CLUSTER')}`),
    });
  }
  if (options.exit) return leave(ctx, shell);
  const name = options.cluster ?? (await picked(ctx));
  const own = await makeOwnKubeconfig(ctx, name);
  const previous = isInside(ctx) ? (io.env[PREVIOUS] ?? '') : (io.env['KUBECONFIG'] ?? '');
  io.stdout.write(
    `${[setLine(shell, PREVIOUS, previous), setLine(shell, 'KUBECONFIG', own.file), noteOwner(shell, ownerFileOf(own.file))].join('\n')}\n`,
  );
  const environment = (await ctx.knownCluster(own.clusterName))?.environment;
  ctx.messages.say(
    `this terminal is on ${own.clusterName}${environment ? ` (${environment})` : ''}, namespace ${own.namespace}, and no other terminal is moved`,
  );
}

function picked(ctx: Context): Promise<string> {
  if (isInteractive(ctx.io)) return pickCluster(ctx, 'which cluster for this terminal?');
  throw new UsageError('which cluster?', { code: 'no_cluster', hint: 'zkubectl env CLUSTER' });
}

function isInside({ io, paths }: Context): boolean {
  return io.env[PREVIOUS] !== undefined && isOwnKubeconfig(paths.state, io.env['KUBECONFIG'] ?? '');
}

function leave(ctx: Context, shell: Shell): void {
  const { io } = ctx;
  const file = io.env['KUBECONFIG'] ?? '';
  if (!isInside(ctx)) throw new CliError('this terminal has no kubeconfig of its own', { code: 'no_own_kubeconfig' });
  const previous = io.env[PREVIOUS] ?? '';
  const lines = [
    removeIfOwner(shell, file, ownerFileOf(file)),
    previous === '' ? unsetLine(shell, 'KUBECONFIG') : setLine(shell, 'KUBECONFIG', previous),
    unsetLine(shell, PREVIOUS),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
  ctx.messages.say(`this terminal goes by ${previous === '' ? 'the usual kubeconfig' : previous} again`);
}

/** The shell alone knows its number. */
function noteOwner(shell: Shell, file: string): string {
  const quoted = quoteFor(shell, file);
  if (shell === 'fish') return `echo $fish_pid > ${quoted}`;
  return shell === 'powershell' ? `Set-Content -LiteralPath ${quoted} -Value $PID` : `echo "$$" >| ${quoted}`;
}

/** Not where a shell that this one was started from still goes by the file. */
function removeIfOwner(shell: Shell, file: string, owner: string): string {
  const [quoted, pid] = [quoteFor(shell, file), quoteFor(shell, owner)];
  if (shell === 'fish') return `test "$(cat ${pid} 2>/dev/null)" = "$fish_pid"; and command rm -f ${quoted} ${pid}`;
  if (shell === 'powershell')
    return `if ((Get-Content -LiteralPath ${pid} -ErrorAction SilentlyContinue) -eq $PID) { Remove-Item -LiteralPath ${quoted}, ${pid} }`;
  return `if [ "$(cat ${pid} 2>/dev/null)" = "$$" ]; then command rm -f ${quoted} ${pid}; fi`;
}
