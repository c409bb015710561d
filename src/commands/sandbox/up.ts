/** `sandbox up`: starts a simulated company to practise in. */

import path from 'node:path';
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { shellOf } from '../../cli/shell.ts';
import { CliError, UsageError } from '../../errors.ts';
import { evalLine } from '../../lib/shell-words.ts';
import { readText } from '../../platform/files/read.ts';
import type { SandboxInfo } from '../../sandbox/sandbox-files.ts';
import { forgetRunning, noteRunning, prepareDir, runningSandbox, sandboxDir } from './shared.ts';

const START_TIMEOUT_MS = 120_000;
const POLL_MS = 50;
const MAX_CLUSTERS = 10_000;

export interface SandboxUpOptions {
  readonly dir: string | undefined;
  readonly detach: boolean;
  readonly clusters: number | undefined;
  readonly broken: number | undefined;
  readonly grantTtlSeconds: number | undefined;
  readonly tokenTtlSeconds: number | undefined;
  readonly provisioningSeconds: number | undefined;
}

interface Flags {
  dir?: string;
  detach?: boolean;
  clusters?: string;
  broken?: string;
  grantTtl?: string;
  tokenTtl?: string;
  provisioningDelay?: string;
}

export const sandboxUpCommand: CommandDefinition<SandboxUpOptions> = {
  texts: {
    summary: 'start the sandbox',
    description:
      'Starts an OpenID Connect issuer with the users alice and bob, a cluster registry, an access service, and one Kubernetes API per cluster, all on loopback. On production you can read everything except secrets; a granted request adds write access until it expires.',
    examples: [
      'zkubectl sandbox up --detach && eval "$(zkubectl sandbox env)"',
      'zkubectl sandbox up --clusters 250 --broken 8',
      'zkubectl sandbox up --detach --grant-ttl 60',
    ],
  },
  declare: command => {
    command
      .option('--detach', 'run in the background; to stop it: zkubectl sandbox down')
      .option('--clusters <N>', 'number of clusters (default: as before, at first 4)')
      .option('--broken <N>', 'so many clusters do not work: unreachable, slow, 401, 403 in turn (default 0s)')
      .option('--grant-ttl <DURATION>', 'how long a granted request lasts (default 900s)')
      .option('--token-ttl <DURATION>', 'how long tokens last (default 900s)')
      .option('--provisioning-delay <DURATION>', 'the time between an approval and the access (default 0s)')
      .option('--dir <DIR>', 'the folder of the sandbox');
  },
  options: (_, flags: Flags) => ({
    dir: flags.dir,
    detach: flags.detach ?? false,
    clusters: parseCount('--clusters', flags.clusters),
    broken: parseCount('--broken', flags.broken),
    grantTtlSeconds: flags.grantTtl === undefined ? undefined : parseSpan('--grant-ttl', flags.grantTtl),
    tokenTtlSeconds: flags.tokenTtl === undefined ? undefined : parseSpan('--token-ttl', flags.tokenTtl),
    provisioningSeconds:
      flags.provisioningDelay === undefined ? undefined : parseSpan('--provisioning-delay', flags.provisioningDelay),
  }),
  run: runSandboxUp,
};

function parseCount(flag: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MAX_CLUSTERS) return count;
  throw new UsageError(`${flag} is a number from 1 to ${MAX_CLUSTERS}, not ${text}`, { code: 'bad_flag' });
}

export async function runSandboxUp(ctx: Context, options: SandboxUpOptions): Promise<void> {
  const dir = sandboxDir(ctx, options.dir);
  const running = runningSandbox(dir);
  if (running) {
    const given = settingFlags(options);
    if (given.length > 0)
      throw new CliError(`the sandbox is already running (process ${running.pid}): it does not take ${given[0]} now`, {
        code: 'sandbox_running',
        hint: `zkubectl sandbox down, then zkubectl sandbox up ${given.join(' ')}`,
      });
    ctx.messages.say(`the sandbox is already running (process ${running.pid})`);
    return sayHowToUse(ctx, options.dir);
  }
  prepareDir(dir);
  if (options.detach) return detach(ctx, dir, options);
  const { DEFAULT_GRANT_TTL_MS, DEFAULT_TOKEN_TTL_SECONDS, startSandbox } = await import('../../sandbox/sandbox.ts');
  const sandbox = await startSandbox({
    dir,
    now: () => ctx.io.now(),
    clusters: options.clusters,
    broken: options.broken,
    grantTtlMs: options.grantTtlSeconds === undefined ? DEFAULT_GRANT_TTL_MS : options.grantTtlSeconds * 1000,
    tokenTtlSeconds: options.tokenTtlSeconds ?? DEFAULT_TOKEN_TTL_SECONDS,
    provisioningMs: (options.provisioningSeconds ?? 0) * 1000,
  });
  try {
    noteRunning(dir, sandbox.info);
    sayUp(ctx, sandbox.info);
    sayHowToUse(ctx, options.dir);
    ctx.messages.say('press Ctrl-C to stop the sandbox');
    await aborted(ctx.io.signal);
    ctx.messages.say('the sandbox is down; its state is kept');
  } finally {
    // `sandbox down --delete` deletes the folder when running.json is gone, so all state is written before that.
    try {
      await sandbox.close();
    } finally {
      forgetRunning(dir);
    }
  }
}

/** Resolves on a signal: this is how a sandbox stops, not an error. */
function aborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) return resolve();
    // A pending timer keeps the process alive when nobody is connected.
    const alive = setInterval(() => undefined, 3_600_000);
    signal.addEventListener('abort', () => {
      clearInterval(alive);
      resolve();
    });
  });
}

/** The given settings as flags. */
function settingFlags(options: SandboxUpOptions): string[] {
  const settings = {
    '--clusters': options.clusters,
    '--broken': options.broken,
    '--grant-ttl': options.grantTtlSeconds,
    '--token-ttl': options.tokenTtlSeconds,
    '--provisioning-delay': options.provisioningSeconds,
  };
  return Object.entries(settings).flatMap(([flag, value]) => (value === undefined ? [] : [`${flag}=${value}`]));
}

async function detach(ctx: Context, dir: string, options: SandboxUpOptions): Promise<void> {
  const { io } = ctx;
  const log = path.join(dir, 'sandbox.log');
  const args = [...io.self.args, 'sandbox', 'up', '--dir', dir, ...settingFlags(options)];
  const daemon = await io.startDaemon(io.self.file, args, log);
  for (let waited = 0; waited < START_TIMEOUT_MS && !daemon.hasEnded(); waited += POLL_MS) {
    const running = runningSandbox(dir);
    if (running) {
      sayUp(ctx, running.info);
      return sayHowToUse(ctx, options.dir);
    }
    await io.sleep(POLL_MS, io.signal);
  }
  throw new CliError('the sandbox did not start', {
    code: 'sandbox_failed',
    hint: `its log ends with: ${readText(log)?.trim().split('\n').slice(-3).join(' ') ?? 'nothing'}`,
  });
}

function sayUp(ctx: Context, info: SandboxInfo): void {
  ctx.messages.say(`the sandbox is up: ${info.clusters.length} clusters, users alice and bob`);
}

function sayHowToUse(ctx: Context, dir: string | undefined): void {
  const flag = dir === undefined ? '' : ` --dir ${dir}`;
  const shell = shellOf(ctx.io);
  ctx.messages.say(`to use it in a shell: ${evalLine(shell, `zkubectl sandbox env --user alice${flag}`)}`);
  ctx.messages.say('--user bob in another shell is a colleague, who approves');
}
