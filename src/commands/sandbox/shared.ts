/** Shared by the sandbox's commands: the folder, and the file running.json, which says whether the sandbox runs. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { messageOf, NotFoundError, UsageError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import {
  makeDirs,
  removeDir,
  removeEmptyDir,
  removeFile,
  writeFileAtomic,
  writePrivateFile,
} from '../../platform/files/files.ts';
import { isOwnerAlive, ownerMark } from '../../platform/files/lock.ts';
import { notOwnReason, readOwnText } from '../../platform/files/read.ts';
import { listDir } from '../../platform/files/stat.ts';
import { ownPid } from '../../platform/process/processes.ts';
import type { SandboxInfo } from '../../sandbox/sandbox-files.ts';

/** A running sandbox. */
export interface RunningSandbox {
  readonly pid: number;
  readonly info: SandboxInfo;
}

/** --dir, else ZKUBECTL_SANDBOX_DIR, else `sandbox` in the state folder. */
export function sandboxDir(ctx: Pick<Context, 'io' | 'paths'>, flag: string | undefined): string {
  const wanted = flag ?? ctx.io.env['ZKUBECTL_SANDBOX_DIR'];
  return wanted ? path.resolve(ctx.io.cwd, wanted) : path.join(ctx.paths.state, 'sandbox');
}

function noteFile(dir: string): string {
  return path.join(dir, 'running.json');
}

const MARKER = '.zkubectl-sandbox';
/** What a sandbox writes into its folder. */
const OWN_NAMES = [
  'access.json',
  'ca.pem',
  'certificates.json',
  'client-secret',
  'clusters',
  'config.yaml',
  'issuer.json',
  'kubeconfig',
  'ports.json',
  'registry.json',
  'running.json',
  'sandbox.log',
  'users',
  MARKER,
];

/** Makes the folder of a sandbox. Throws UsageError when the folder belongs to somebody else or contains other files. */
export function prepareDir(dir: string): void {
  try {
    makeDirs(dir);
  } catch (error) {
    throw new UsageError(`cannot create the sandbox's folder: ${messageOf(error)}`, {
      code: 'bad_folder',
      cause: error,
    });
  }
  const whose = foreignReason(dir);
  if (whose !== undefined)
    throw new UsageError(whose, { code: 'foreign_folder', hint: 'use another folder: --dir DIR' });
  const names = listDir(dir);
  if (names.length > 0 && !names.includes(MARKER)) {
    throw new UsageError(`${dir} is not empty and is not a sandbox's folder`, {
      code: 'foreign_folder',
      hint: 'use an empty folder: --dir DIR',
    });
  }
  writeFileAtomic(
    path.join(dir, MARKER),
    'The folder of a zkubectl sandbox: zkubectl sandbox down --delete removes it.\n',
  );
}

/** Why a folder cannot be trusted as our own sandbox: commands use its files, and send secrets to the addresses in them. */
function foreignReason(dir: string): string | undefined {
  for (const file of [dir, path.join(dir, MARKER), path.join(dir, 'users')]) {
    const why = notOwnReason(file);
    if (why !== undefined) return `${file} ${why}`;
  }
  return undefined;
}

/** Deletes the sandbox's files, and the folder if it is then empty. False when it is not a sandbox's folder. */
export function deleteSandbox(dir: string): boolean {
  if (!listDir(dir).includes(MARKER)) return false;
  for (const name of OWN_NAMES) removeDir(path.join(dir, name));
  removeEmptyDir(dir);
  return true;
}

export function noteRunning(dir: string, info: SandboxInfo): void {
  writePrivateFile(noteFile(dir), `${JSON.stringify({ pid: ownPid(), owner: ownerMark(), info })}\n`);
}

export function forgetRunning(dir: string): void {
  removeFile(noteFile(dir));
}

/** The running sandbox of a folder. Ignores a running.json that a killed sandbox left, or that somebody else may have written. */
export function runningSandbox(dir: string): RunningSandbox | undefined {
  if (foreignReason(dir) !== undefined) return undefined;
  try {
    const note: unknown = JSON.parse(readOwnText(noteFile(dir)) ?? '');
    if (!isRecord(note) || typeof note['pid'] !== 'number' || typeof note['owner'] !== 'string') return undefined;
    const { pid, owner, info } = note;
    return isOwnerAlive(owner) && isInfo(info) ? { pid, info } : undefined;
  } catch {
    return undefined;
  }
}

const TEXTS = ['issuer', 'registry', 'access', 'caFile', 'configFile', 'kubeconfig', 'clientSecretFile'] as const;

function isInfo(info: unknown): info is SandboxInfo {
  return isRecord(info) && TEXTS.every(name => typeof info[name] === 'string') && Array.isArray(info['clusters']);
}

export function requireRunning(dir: string): RunningSandbox {
  const running = runningSandbox(dir);
  if (running) return running;
  throw new NotFoundError('no sandbox is running', { code: 'no_sandbox', hint: 'zkubectl sandbox up --detach' });
}
