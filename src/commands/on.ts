/** `on CLUSTER -- COMMAND…`: one command against one cluster, whatever the current context is (docs/decisions/0008-on.md). */
import path from 'node:path';
import { clusterVariables } from '../cli/cluster-variables.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { makeOwnKubeconfig } from '../cli/own-kubeconfig.ts';
import { isReadOnly, logInFirst, makeReadOnly } from '../cli/read-only.ts';
import { ownerFileOf, removeOwnKubeconfig } from '../clusters/own-kubeconfigs.ts';
import { CliError, messageOf, systemErrorCode, UsageError } from '../errors.ts';
import { startable } from '../kubectl/external-plugins.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { findOnPath } from '../platform/files/path-search.ts';
import { isExecutableFile } from '../platform/files/stat.ts';
import { childDepth } from '../platform/process/child-depth.ts';
import { ownPid } from '../platform/process/processes.ts';
import { exitCodeOf } from '../platform/process/signals.ts';

export interface OnOptions {
  readonly cluster: string;
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** Refuse every write to the cluster's API. */
  readonly readOnly: boolean;
}

export const onCommand: CommandDefinition<OnOptions> = {
  texts: {
    summary: 'run a command against one cluster',
    description:
      "Runs a command with its own kubeconfig, which contains only that cluster and is deleted when the command ends. The current context does not change. The command gets ZKUBECTL_CLUSTER_ID, ZKUBECTL_CLUSTER_ALIAS and ZKUBECTL_ENVIRONMENT in its environment. The exit code is the command's. With --read-only, every write of the command to the cluster's Kubernetes API is refused.",
    examples: [
      'zkubectl on foobarlab -- kubectl get pods -A',
      'zkubectl on foobarlab -n shop -- helm list',
      'zkubectl on foobarlab --read-only -- k9s',
      "zkubectl on foobarlab -- sh -c 'kubectl get nodes -o name | wc -l'",
    ],
  },
  declare: command => {
    command
      .argument('<CLUSTER>', 'alias, id or context')
      .argument('<COMMAND...>', 'the command, after --')
      .option('--read-only', 'refuse every write to the Kubernetes API');
  },
  options: ([cluster = '', ...words], flags: { readOnly?: boolean }, argv) => {
    // Without -- we would read the command's flags as our own.
    if (!argv.includes('--'))
      throw new UsageError('the command must come after --', {
        code: 'no_dashes',
        hint: `zkubectl on ${cluster} -- ${words.join(' ')}`,
      });
    return { cluster, command: words, readOnly: flags.readOnly ?? false };
  },
  run: runOn,
};

export async function runOn(ctx: Context, options: OnOptions): Promise<number> {
  const { io } = ctx;
  const depth = childDepth(io.env);
  const [name = '', ...rest] = options.command;
  const program = await executable(ctx, name);
  // In a read-only terminal, a command for another cluster is read-only too.
  const readOnly = options.readOnly || isReadOnly(await ctx.kubeconfig.load());
  const own = await makeOwnKubeconfig(ctx, options.cluster);
  let close: (() => Promise<void>) | undefined;
  try {
    writeStateFile(ownerFileOf(own.file), `${ownPid()}\n`);
    if (readOnly) {
      await logInFirst(ctx, own);
      close = await makeReadOnly(ctx, own);
    }
    const env = {
      ...io.env,
      ...depth,
      ...(await clusterVariables(ctx, own.clusterName)),
      ZKUBECTL_BIN: io.self.file,
      KUBECONFIG: own.file,
    };
    const child = startable(io, { file: program.file, args: [...program.args, ...rest] });
    return exitCodeOf(await io.spawn(child.file, child.args, { env }));
  } catch (error) {
    if (error instanceof CliError) throw error;
    throw new CliError(`${name} could not be run: ${messageOf(error)}`, {
      code: `command_${(systemErrorCode(error) ?? 'failed').toLowerCase()}`,
      cause: error,
    });
  } finally {
    await close?.();
    removeOwnKubeconfig(own.file);
  }
}

/** `kubectl` is the binary that zkubectl uses. Other commands are searched for as a shell does, except in relative entries of PATH. */
async function executable(ctx: Context, name: string): Promise<{ file: string; args: readonly string[] }> {
  if (name === 'kubectl') return { file: await ctx.kubectl(), args: [] };
  if (name === 'zkubectl') return ctx.io.self;
  const file = /[\\/]/.test(name) ? path.resolve(ctx.io.cwd, name) : findOnPath(ctx.io, name, ['.exe', '.cmd', '.bat']);
  if (file !== undefined && isExecutableFile(file)) return { file, args: [] };
  throw new UsageError(`command not found: ${name}`, { code: 'no_such_command', hint: 'check the name and PATH' });
}
