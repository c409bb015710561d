/** Checks of what is on this machine: the configuration, our own files, kubectl and the kubeconfig. */
import path from 'node:path';
import { sealerOf, storedForms } from '../../cli/secret-store.ts';
import { loadConfig } from '../../config/config.ts';
import { messageOf } from '../../errors.ts';
import { userName } from '../../kubeconfig/view.ts';
import { isRecord } from '../../lib/json.ts';
import { removeFile, writeStateFile } from '../../platform/files/files.ts';
import { executablesOnPath } from '../../platform/files/path-search.ts';
import { STATE } from '../../platform/files/paths.ts';
import { isExecutableFile, isWritable, statOrUndefined } from '../../platform/files/stat.ts';
import type { Io } from '../../platform/io.ts';
import { type Check, counted, type Finding, failed, ok, skipped, warning, worst } from './check.ts';
import type { Probes } from './probes.ts';

const KUBECTL_MS = 8_000;
/** A kubeconfig lock that is older is left over: a change takes less time (milliseconds). */
const OLD_LOCK_MS = 60_000;

export function configCheck(probes: Probes): Check {
  return { name: 'config', run: () => checkConfig(probes) };
}

export function localChecks(probes: Probes): Check[] {
  return [
    { name: 'files', run: () => checkFiles(probes) },
    { name: 'tokens', run: () => checkTokens(probes) },
    { name: 'kubectl', run: () => checkKubectl(probes) },
    { name: 'kubeconfig', run: () => checkKubeconfig(probes) },
  ];
}

async function checkConfig({ ctx }: Probes): Promise<Finding> {
  // Not the context's: for the other checks, it replaces a broken file.
  const config = await loadConfig(ctx.io, ctx.paths);
  const missing = [
    ...(config.text('auth.issuer') === undefined && !ctx.io.env['ZKUBECTL_TOKEN'] ? ['auth.issuer'] : []),
    ...(config.text('auth.client_id') === undefined ? ['auth.client_id'] : []),
    ...(config.text('registry.url') === undefined && config.text('registry.file') === undefined
      ? ['registry.url']
      : []),
  ];
  const where = config.file ?? 'no file';
  if (missing.length > 0)
    return failed(`${where}: ${missing.join(', ')} missing`, `zkubectl configure ${missing[0]}=VALUE`);
  const variables = [...config.settings.values()].filter(({ source }) => source.startsWith('ZKUBECTL_')).length;
  return ok(variables === 0 ? where : `${where}, and ${counted(variables, 'environment variable')}`);
}

/** Where tokens are kept, and whether the keyring can be used. */
async function checkTokens({ ctx }: Probes): Promise<Finding> {
  const sealer = await sealerOf(ctx);
  const where = path.join(ctx.paths.state, STATE.tokens);
  const { sealed, plain } = storedForms(ctx);
  if (sealer && plain > 0)
    return warning(
      `${plain} of ${plain + sealed} in ${where} are not encrypted`,
      'zkubectl configure auth.store=keyring',
    );
  if (!sealer && sealed > 0)
    return warning(
      `${sealed} of ${plain + sealed} in ${where} are encrypted, and auth.store is file`,
      'zkubectl configure auth.store=file',
    );
  return ok(
    sealer ? `encrypted in ${where}; the key is in the system's keyring` : `in ${where}, which only you can read`,
  );
}

/** The state folder (tokens, locks) must be writable, and the cache should be. */
async function checkFiles({ ctx }: Probes): Promise<Finding> {
  const { state, cache } = ctx.paths;
  const trial = (dir: string, bad: (found: string) => Finding) => {
    try {
      const file = path.join(dir, '.doctor');
      writeStateFile(file, 'a trial\n');
      removeFile(file);
      return ok(`${state} and the cache can be written`);
    } catch (error) {
      return bad(`${dir} cannot be written: ${messageOf(error)}`);
    }
  };
  const finding = worst([
    trial(state, found => failed(found, 'make it writable, and see that the disk is not full: df -h')),
    trial(cache, found => warning(found, 'make it writable: without the cache every command repeats its requests')),
  ]);
  return finding.status === 'ok' ? ok(`${state} and the cache can be written`) : finding;
}

async function checkKubectl(probes: Probes): Promise<Finding> {
  const { ctx } = probes;
  let file: string;
  try {
    file = await ctx.kubectl(false);
  } catch (error) {
    if ((error as { code?: unknown }).code === 'no_kubectl')
      return warning(
        'kubectl is not installed; zkubectl downloads it on first use',
        'to download it now: zkubectl version --client',
      );
    throw error;
  }
  const { code, stdout, stderr } = await ctx.io.spawn(file, ['version', '--client', '-o', 'json'], {
    stdio: 'capture',
    timeoutMs: KUBECTL_MS,
    env: ctx.io.env,
  });
  const client = code === 0 ? clientVersion(stdout) : undefined;
  if (client === undefined)
    return failed(
      `${file} version --client failed: ${stderr.trim().split('\n')[0] ?? ''}`,
      'reinstall kubectl, or set kubectl.path',
    );
  const server = ctx.globals.offline ? undefined : await probes.serverVersion();
  return describeSkew(file, client, server);
}

function clientVersion(text: string): string | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const version =
      isRecord(value) && isRecord(value['clientVersion']) ? value['clientVersion']['gitVersion'] : undefined;
    return typeof version === 'string' ? version : undefined;
  } catch {
    return undefined;
  }
}

/** kubectl is supported within one minor version of the server, older or newer (Kubernetes' version skew policy). */
export function describeSkew(file: string, client: string, server: string | undefined): Finding {
  const found = `${client} (${file})`;
  const [ours, theirs] = [minorOf(client), minorOf(server ?? '')];
  if (ours === undefined || theirs === undefined || Math.abs(ours - theirs) <= 1) return ok(found);
  return warning(
    `${found} is ${Math.abs(ours - theirs)} minor versions ${ours > theirs ? 'newer' : 'older'} than the server (${server}); at most one is supported`,
    `use a kubectl of 1.${theirs}: zkubectl configure kubectl.path=FILE`,
  );
}

function minorOf(version: string): number | undefined {
  const match = /^v1\.(\d{1,4})\b/.exec(version);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

async function checkKubeconfig(probes: Probes): Promise<Finding> {
  const { ctx } = probes;
  const view = await probes.view();
  const files = ctx.kubeconfig.files;
  const findings: Finding[] = files.flatMap(file => [...checkFile(file, ctx.io)]);
  const context = ctx.globals.context ?? view.currentContext;
  if (view.contexts.size === 0) findings.push(skipped('no contexts yet; to add a context: zkubectl login CLUSTER'));
  else if (context === '') findings.push(warning('current-context is not set', 'zkubectl use CLUSTER'));
  else if (!view.contexts.has(context))
    findings.push(failed(`the current context ${context} does not exist`, 'zkubectl use CLUSTER'));
  const gone = [...view.contexts.keys()].filter(name => {
    const exec = view.users.get(userName(name))?.body['exec'];
    const command = isRecord(exec) ? exec['command'] : undefined;
    return typeof command === 'string' && !isThere(probes, command);
  });
  if (gone.length > 0)
    findings.push(
      failed(
        `${counted(gone.length, 'context')} with a path to a zkubectl that no longer exists, for example ${gone[0]}`,
        `to write the context again: zkubectl login ${gone[0]}`,
      ),
    );
  const finding = worst(findings);
  return finding.status === 'ok' || findings.length === 0
    ? ok(`${counted(view.contexts.size, 'context')}, ${context} in use`)
    : finding;
}

function isThere({ ctx }: Probes, command: string): boolean {
  if (path.isAbsolute(command)) return isExecutableFile(command);
  return !executablesOnPath(ctx.io, command).next().done;
}

function* checkFile(file: string, io: Pick<Io, 'now' | 'platform'>): Generator<Finding> {
  const isPosix = io.platform !== 'win32';
  const stat = statOrUndefined(file);
  if (stat === undefined || !stat.isFile()) return;
  yield isWritable(file) ? ok(file) : warning(`${file} cannot be written`, `chmod u+w ${file}`);
  if (isPosix && (stat.mode & 0o077) !== 0) yield warning(`${file} can be read by others`, `chmod 600 ${file}`);
  const lock = statOrUndefined(`${file}.lock`);
  if (lock !== undefined && io.now().getTime() - lock.mtimeMs > OLD_LOCK_MS)
    yield warning(
      `${file}.lock has existed since ${lock.mtime.toISOString()}`,
      `if no kubectl config command is running: rm ${file}.lock`,
    );
}
