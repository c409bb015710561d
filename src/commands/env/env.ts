/** `env CLUSTER`: prints shell code that gives this terminal its own kubeconfig. `env --exit` prints the code that undoes it. */

import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { findOwnTarget, makeOwnKubeconfig, type OwnKubeconfig } from '../../cli/own-kubeconfig.ts';
import { pickCluster } from '../../cli/pick-cluster.ts';
import { isReadOnly, READ_ONLY_VARIABLE, readOnlyTerminal, staysOnItsCluster } from '../../cli/read-only.ts';
import { SHELL_VARIABLE, shellOf } from '../../cli/shell.ts';
import { ownerFileOf, sweepOwnKubeconfigs } from '../../clusters/own-kubeconfigs.ts';
import { CliError, UsageError } from '../../errors.ts';
import { evalLine, quoteFor, SHELLS, type Shell, sayLine, setLine, unsetLine } from '../../lib/shell-words.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { isOwnKubeconfig } from '../../platform/files/paths.ts';
import { isInteractive } from '../../platform/io.ts';
import { SERVE_FLAG, serveReadOnly, startReadOnlyProcess } from './read-only.ts';

/** The previous value of KUBECONFIG. It is set (perhaps to empty) only in a terminal with its own kubeconfig. */
const PREVIOUS = 'ZKUBECTL_ENV_PREVIOUS';

export interface EnvOptions {
  readonly cluster: string | undefined;
  readonly shell: Shell | undefined;
  readonly exit: boolean;
  readonly readOnly: boolean;
  /** The kubeconfig of a read-only terminal: this is its background process. */
  readonly serve: string | undefined;
}

export const envCommand: CommandDefinition<EnvOptions> = {
  texts: {
    summary: 'give this terminal its own kubeconfig',
    description:
      'Prints code for your shell to evaluate. Then this terminal has its own kubeconfig with only that cluster: switching here does not affect other terminals, and switching there does not affect this one. Without CLUSTER, you choose from a list. --exit restores the previous kubeconfig. With --read-only, every write to the Kubernetes API of that cluster is refused, whichever program sends it (kubectl, k9s, helm), until the terminal is closed.',
    examples: [
      'eval "$(zkubectl env foobarlab)"',
      'eval "$(zkubectl env foobarlab -n shop)"',
      'eval "$(zkubectl env foobarlab --read-only)"',
      'eval "$(zkubectl env --exit)"',
      'zkubectl env foobarlab --shell fish | source',
      'zkubectl env foobarlab --shell powershell | Out-String | Invoke-Expression',
    ],
  },
  declare: command => {
    command
      .argument('[CLUSTER]', 'alias, id or context')
      .addOption(command.createOption('--shell <SHELL>', 'the shell to print code for').choices([...SHELLS]))
      .option('--exit', 'restore the previous kubeconfig')
      .option('--read-only', 'refuse every write to the Kubernetes API')
      .addOption(command.createOption(`${SERVE_FLAG} <FILE>`).hideHelp());
  },
  options: ([cluster], flags: { shell?: Shell; exit?: boolean; readOnly?: boolean; serveReadOnly?: string }) => ({
    cluster,
    shell: flags.shell,
    exit: flags.exit ?? false,
    readOnly: flags.readOnly ?? false,
    serve: flags.serveReadOnly,
  }),
  run: runEnv,
};

export async function runEnv(ctx: Context, options: EnvOptions): Promise<void> {
  const { io } = ctx;
  if (options.serve !== undefined) return serveReadOnly(ctx, options.cluster ?? '', options.serve);
  const shell = options.shell ?? shellOf(io);
  const withExit = options.cluster !== undefined ? 'CLUSTER' : options.readOnly ? '--read-only' : undefined;
  if (options.exit && withExit !== undefined)
    throw new UsageError(`${withExit} and --exit cannot be used together`, { code: 'bad_usage' });
  // On a terminal the code is only shown, not evaluated, and the user may believe that something has changed.
  if (io.isTTY.stdout && options.shell === undefined) {
    throw new UsageError('nothing changed: your shell must evaluate the output', {
      code: 'not_evaluated',
      hint: evalLine(
        shell,
        `zkubectl env ${options.exit ? '--exit' : (options.cluster ?? 'CLUSTER')}${options.readOnly ? ' --read-only' : ''}`,
      ),
    });
  }
  if (options.exit) return leave(ctx, shell);
  if (!options.readOnly && (await readOnlyTerminal(ctx)) !== undefined) throw staysOnItsCluster();
  const name = options.cluster ?? (await picked(ctx));
  const own = options.readOnly ? await readOnlyKubeconfig(ctx, name) : await makeOwnKubeconfig(ctx, name);
  const previous = isInside(ctx) ? (io.env[PREVIOUS] ?? '') : (io.env['KUBECONFIG'] ?? '');
  const before = io.env['KUBECONFIG'] ?? '';
  const environment = (await ctx.knownCluster(own.clusterName))?.environment;
  const where = `${own.clusterName}${environment ? ` (${environment})` : ''}, namespace ${own.namespace}${options.readOnly ? ', read-only' : ''}`;
  const lines = [
    // Nobody goes back to the kubeconfig that this terminal leaves.
    ...(isInside(ctx) ? [removeIfOwner(shell, before, ownerFileOf(before))] : []),
    setLine(shell, PREVIOUS, previous),
    setLine(shell, SHELL_VARIABLE, shell),
    ...(options.readOnly ? [setLine(shell, READ_ONLY_VARIABLE, own.clusterName)] : []),
    setLine(shell, 'KUBECONFIG', own.file),
    noteOwner(shell, ownerFileOf(own.file)),
    sayLine(shell, escapeForTerminal(`this terminal now uses ${where}; other terminals are unchanged`)),
  ];
  io.stdout.write(`${lines.join('\n')}\n`);
}

async function readOnlyKubeconfig(ctx: Context, name: string): Promise<OwnKubeconfig> {
  sweepOwnKubeconfigs(ctx.paths.state, ctx.io.now());
  const found = await findOwnTarget(ctx, name);
  if (isReadOnly(found.view)) throw staysOnItsCluster();
  await startReadOnlyProcess(ctx, found);
  return found;
}

function picked(ctx: Context): Promise<string> {
  if (isInteractive(ctx.io)) return pickCluster(ctx, 'which cluster for this terminal?');
  throw new UsageError('no cluster given', { code: 'no_cluster', hint: 'zkubectl env CLUSTER' });
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
    unsetLine(shell, SHELL_VARIABLE),
    ...(io.env[READ_ONLY_VARIABLE] === undefined ? [] : [unsetLine(shell, READ_ONLY_VARIABLE)]),
  ];
  const back = escapeForTerminal(`this terminal uses ${previous === '' ? 'the usual kubeconfig' : previous} again`);
  io.stdout.write(`${[...lines, sayLine(shell, back)].join('\n')}\n`);
}

/** Shell code that writes the owner file. Only the shell knows its own process id. */
function noteOwner(shell: Shell, file: string): string {
  const quoted = quoteFor(shell, file);
  if (shell === 'fish') return `echo $fish_pid > ${quoted}`;
  return shell === 'powershell' ? `Set-Content -LiteralPath ${quoted} -Value $PID` : `echo "$$" >| ${quoted}`;
}

/** Shell code that removes the file only if this shell owns it: a parent shell may still use it. */
function removeIfOwner(shell: Shell, file: string, owner: string): string {
  const [quoted, pid] = [quoteFor(shell, file), quoteFor(shell, owner)];
  if (shell === 'fish') return `test "$(cat ${pid} 2>/dev/null)" = "$fish_pid"; and command rm -f ${quoted} ${pid}`;
  if (shell === 'powershell')
    return `if ((Get-Content -LiteralPath ${pid} -ErrorAction SilentlyContinue) -eq $PID) { Remove-Item -LiteralPath ${quoted}, ${pid} }`;
  return `if [ "$(cat ${pid} 2>/dev/null)" = "$$" ]; then command rm -f ${quoted} ${pid}; fi`;
}
