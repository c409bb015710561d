/** One command against one cluster, on the terminal, whatever the current context is (docs/decisions/0008-on.md). */
import { clusterVariables } from '../../cli/cluster-variables.ts';
import type { Context } from '../../cli/context.ts';
import { type FoundTarget, findOwnTarget, makeOwnKubeconfig } from '../../cli/own-kubeconfig.ts';
import { logInFirst, makeReadOnly, READ_ONLY_VARIABLE, readOnlyTerminal } from '../../cli/read-only.ts';
import { ownerFileOf, removeOwnKubeconfig } from '../../clusters/own-kubeconfigs.ts';
import { CliError, messageOf, systemErrorCode } from '../../errors.ts';
import { fleetCommand } from '../../fleet/fleet-command.ts';
import { copyOfContext } from '../../kubeconfig/context-copy.ts';
import { readOnlyCluster } from '../../kubeconfig/view.ts';
import { startable } from '../../kubectl/external-plugins.ts';
import { writeStateFile } from '../../platform/files/files.ts';
import { childDepth } from '../../platform/process/child-depth.ts';
import { ownPid } from '../../platform/process/processes.ts';
import { exitCodeOf } from '../../platform/process/signals.ts';
import { executableOf } from './executable.ts';

export interface OneClusterOptions {
  readonly cluster: string;
  /** The command and its arguments. */
  readonly command: readonly string[];
  /** Refuse every write to the cluster's API. */
  readonly readOnly: boolean;
}

export async function runOnOne(ctx: Context, options: OneClusterOptions): Promise<number> {
  const { io } = ctx;
  const depth = childDepth(io.env);
  const [name = '', ...rest] = options.command;
  const program = await executableOf(ctx, name);
  // In a read-only terminal, a command for another cluster is read-only too.
  const readOnly = options.readOnly || (await readOnlyTerminal(ctx)) !== undefined;
  const found = readOnly ? await findOwnTarget(ctx, options.cluster) : undefined;
  const own = found ?? (await makeOwnKubeconfig(ctx, options.cluster));
  let close: (() => Promise<void>) | undefined;
  try {
    writeStateFile(ownerFileOf(own.file), `${ownPid()}\n`);
    if (found) close = await openReadOnly(ctx, found);
    const env = {
      ...io.env,
      ...depth,
      ...(await clusterVariables(ctx, own.clusterName)),
      ZKUBECTL_BIN: io.self.file,
      KUBECONFIG: own.file,
      ...(readOnly && { [READ_ONLY_VARIABLE]: own.clusterName }),
    };
    const { isRead } = fleetCommand(options.command);
    // Another zkubectl notes its writes itself.
    if (!isRead && !readOnly && name !== 'zkubectl') await noteCommand(ctx, own.clusterName);
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

async function noteCommand(ctx: Context, cluster: string): Promise<void> {
  const environment = (await ctx.knownCluster(cluster))?.environment;
  await (await ctx.journal()).willWrite({ cluster, environment, namespace: ctx.globals.namespace });
}

/** In a read-only terminal, its own cluster needs no other proxy. */
async function openReadOnly(ctx: Context, found: FoundTarget): Promise<() => Promise<void>> {
  const { view, context, file, namespace } = found;
  if (readOnlyCluster(view.contexts.get(context)) !== undefined) {
    writeStateFile(file, await copyOfContext(view, context, file, { namespace }));
    return () => Promise.resolve();
  }
  await logInFirst(ctx, found);
  return makeReadOnly(ctx, found);
}
