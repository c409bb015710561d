/** `env --read-only`: a background process has the proxy. It ends with the shell, or when the shell leaves the kubeconfig. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { type FoundTarget, findOwnTarget } from '../../cli/own-kubeconfig.ts';
import { logInFirst, makeReadOnly } from '../../cli/read-only.ts';
import { hasOwner, ownerRuns, removeOwnKubeconfig } from '../../clusters/own-kubeconfigs.ts';
import { CliError, UsageError } from '../../errors.ts';
import { makeDirs, removeFile } from '../../platform/files/files.ts';
import { isOwnKubeconfig } from '../../platform/files/paths.ts';
import { readText } from '../../platform/files/read.ts';
import { exists } from '../../platform/files/stat.ts';

/** The flag of the background process. */
export const SERVE_FLAG = '--serve-read-only';
const START_TIMEOUT_MS = 20_000;
const START_POLL_MS = 20;
/** How often the background process looks for its shell. */
const OWNER_POLL_MS = 1000;
/** How long the shell may take to evaluate our output. */
const OWNER_TIMEOUT_MS = 60_000;

/** Starts the background process. Resolves when the kubeconfig leads to its proxy; when that fails, no kubeconfig is left. */
export async function startReadOnlyProcess(ctx: Context, found: FoundTarget): Promise<void> {
  const { io } = ctx;
  const { file, clusterName, context, namespace, target } = found;
  const log = `${file}.log`;
  try {
    await logInFirst(ctx, found);
    const name = target === undefined ? context : clusterName;
    const args = [...io.self.args, 'env', name, '-n', namespace, SERVE_FLAG, file];
    // The process has another working directory, and no --kubeconfig flag holds several files.
    const env = { ...io.env, KUBECONFIG: ctx.kubeconfig.files.join(path.delimiter) };
    makeDirs(path.dirname(file));
    const daemon = await io.startDaemon(io.self.file, args, log, env);
    for (let waited = 0; waited < START_TIMEOUT_MS && !daemon.hasEnded(); waited += START_POLL_MS) {
      if (exists(file)) return removeFile(log);
      await io.sleep(START_POLL_MS, io.signal);
    }
    const why =
      readText(log)
        ?.trim()
        .split('\n')
        .at(-1)
        ?.replace(/^zkubectl: \w+: /, '') || 'no answer';
    throw new CliError(`the read-only session did not start: ${why}`, { code: 'read_only_failed' });
  } catch (error) {
    removeFile(log);
    removeOwnKubeconfig(file);
    throw error;
  }
}

/** The background process: serves the proxy until the shell has ended. @param file the kubeconfig to write */
export async function serveReadOnly(ctx: Context, cluster: string, file: string): Promise<void> {
  if (!isOwnKubeconfig(ctx.paths.state, file))
    throw new UsageError(`${SERVE_FLAG} is for zkubectl itself`, { code: 'bad_usage' });
  const close = await makeReadOnly(ctx, await findOwnTarget(ctx, cluster, file));
  try {
    await ownerLeft(ctx, file);
  } finally {
    await close();
    removeOwnKubeconfig(file);
  }
}

/** Resolves when the shell has ended or has removed the kubeconfig, or on a signal. */
async function ownerLeft({ io }: Context, file: string): Promise<void> {
  for (let waited = 0; exists(file) && !io.signal.aborted; waited += OWNER_POLL_MS) {
    if (hasOwner(file) ? !ownerRuns(file) : waited >= OWNER_TIMEOUT_MS) return;
    await io.sleep(OWNER_POLL_MS, io.signal).catch(() => undefined);
  }
}
