/** `about`: the versions that a bug report needs. It asks for the newest version only with `--check`. */

import { formatOf } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { targetKubectl } from '../cli/target-kubectl.ts';
import { CliError, ExitCode, messageOf, UnreachableError } from '../errors.ts';
import { isRecord, recordAt } from '../lib/json.ts';
import { oneLine } from '../lib/one-line.ts';
import { printThing } from '../output/sections.ts';
import { OUTPUT_FORMATS } from '../output/view.ts';
import { statusError } from '../platform/net/http-errors.ts';
import { VERSION } from '../version.ts';

interface AboutOptions {
  readonly check: boolean;
}

const SERVICE = 'the list of versions';
const KUBECTL_MS = 8_000;
/** kubectl's own limit leaves out what it runs for credentials. */
const SERVER_MS = 15_000;

export const aboutCommand: CommandDefinition<AboutOptions> = {
  texts: {
    summary: 'show the versions of zkubectl, kubectl and the cluster',
    description:
      "Shows the versions of zkubectl and its runtime, of kubectl, and of the current context's cluster, for a bug report. zkubectl reports nothing to anybody and does not update itself; only --check asks whether there is a newer version.",
    examples: ['zkubectl about', 'zkubectl about -o json', 'zkubectl about --check'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.option('--check', 'ask about.url for the newest version');
  },
  options: (_, flags: { check?: boolean }) => ({ check: flags.check ?? false }),
  brokenConfig: 'warn',
  login: () => ({ mayLogin: false }),
  run: runAbout,
};

/** What was found. `problem`: why there is no version. */
interface Found {
  readonly version?: string;
  readonly problem?: string;
}

async function runAbout(ctx: Context, { check }: AboutOptions): Promise<number> {
  const { io, globals } = ctx;
  const [kubectl, server, newest] = await Promise.all([
    kubectlVersion(ctx),
    serverVersion(ctx),
    check ? newestVersion(ctx) : undefined,
  ]);
  const platform = `${io.platform}-${io.arch}`;
  const text = ({ version, problem }: Found) => version ?? `unknown: ${problem}`;
  const json = {
    version: VERSION,
    runtime: io.runtime,
    platform,
    executable: [io.self.file, ...io.self.args].join(' '),
    kubectl: { path: kubectl.path ?? null, version: kubectl.version ?? null },
    server: { context: server.context ?? null, version: server.version ?? null },
    ...(newest === undefined ? {} : { newest }),
  };
  const fields: [string, string][] = [
    ['zkubectl', VERSION],
    ['Runtime', `${io.runtime}, ${platform}`],
    ['Executable', json.executable],
    ['kubectl', kubectl.path === undefined ? text(kubectl) : `${text(kubectl)} (${kubectl.path})`],
    ['Cluster', server.context === undefined ? text(server) : `${text(server)} (${server.context})`],
    ['Newest', newest === undefined ? '' : newest === VERSION ? `${newest}: this version` : newest],
  ];
  const thing = { kind: 'About', name: VERSION, json, sections: [{ fields }] };
  await printThing(io, thing, { format: formatOf(ctx), color: globals.color });
  return ExitCode.ok;
}

async function kubectlVersion(ctx: Context): Promise<Found & { path?: string }> {
  try {
    const path = await ctx.kubectl(false);
    const options = { stdio: 'capture', env: ctx.io.env, timeoutMs: KUBECTL_MS } as const;
    const { stdout } = await ctx.io.spawn(path, ['version', '--client', '-o', 'json'], options);
    return { path, ...versionIn(stdout, 'clientVersion') };
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

async function serverVersion(ctx: Context): Promise<Found & { context?: string }> {
  let context: string | undefined;
  try {
    const kubectl = await targetKubectl(ctx, undefined);
    context = kubectl.target.context;
    if (ctx.globals.offline) return { context, problem: '--offline is set' };
    const { stdout, stderr } = await kubectl.capture(['version', '-o', 'json', '--request-timeout=5s'], {
      timeoutMs: SERVER_MS,
    });
    const found = versionIn(stdout, 'serverVersion');
    return { context, ...(found.version === undefined ? { problem: oneLine(stderr.trim()) || 'no answer' } : found) };
  } catch (error) {
    return { ...(context !== undefined && { context }), problem: problemOf(error) };
  }
}

function versionIn(output: string, field: string): Found {
  try {
    const { gitVersion } = recordAt(JSON.parse(output), field);
    return typeof gitVersion === 'string' ? { version: gitVersion } : { problem: 'no answer' };
  } catch {
    return { problem: 'no answer' };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof CliError && error.exitCode === ExitCode.interrupted) throw error;
  return messageOf(error);
}

/** Throws UnreachableError (6). */
async function newestVersion(ctx: Context): Promise<string> {
  if (ctx.globals.offline)
    throw new UnreachableError('cannot ask for the newest version: --offline is set', { code: 'offline' });
  const [config, http] = await Promise.all([ctx.config(), ctx.http()]);
  const url = config.required('about.url');
  const response = await http.send({
    service: SERVICE,
    url,
    headers: { accept: 'application/json' },
    redirects: 'any',
  });
  const { host } = new URL(url);
  if (response.status !== 200)
    throw statusError(SERVICE, host, response, { notFound: 'check about.url: zkubectl configure', login: '' });
  const body: unknown = parsed(response.body.toString('utf8'));
  const version = isRecord(body) ? body['version'] : undefined;
  if (typeof version === 'string' && /^v?\d+\.\d+\.\d+[\w.+-]*$/.test(version)) return version.replace(/^v/, '');
  throw new UnreachableError(`${SERVICE} at ${host} sent an unexpected response`, { code: 'bad_answer' });
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
