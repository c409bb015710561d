/** Runs the built program in child processes with a real kubectl and its own sandbox: with Node or as an executable. */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { makeTempDir } from './io.ts';

const EXECUTABLE = process.env['ZKUBECTL_TEST_EXECUTABLE'] || undefined;

/** The file of the `zkubectl` command. */
export const BIN = EXECUTABLE ?? path.resolve('bin', 'zkubectl.js');
/** The command that starts it on every platform. */
const [FILE, ...SCRIPT] = EXECUTABLE === undefined ? [process.execPath, BIN] : [EXECUTABLE];
export const PROGRAM: readonly string[] = [FILE ?? '', ...SCRIPT];

/** The real kubectl from scripts/kubectl.mjs. */
export function realKubectl(): string {
  const [file] = execFileSync(process.execPath, [path.resolve('scripts', 'kubectl.mjs')], { encoding: 'utf8' }).split(
    ' ',
  );
  if (!file) throw new Error('no kubectl');
  return file;
}

export interface ChildResult {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly output: () => { stdout: string; stderr: string };
  readonly ended: Promise<ChildResult>;
}

export function start(
  argv: readonly string[],
  env: Record<string, string>,
  file = PROGRAM[0] ?? '',
  script: readonly string[] = SCRIPT,
): Started {
  const child = spawn(file, [...script, ...argv], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', text => {
    stderr += text;
  });
  return {
    child,
    output: () => ({ stdout, stderr }),
    ended: new Promise((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    }),
  };
}

/** Runs a command line of /bin/sh in which `zk` is this program. */
export function shell(command: string, env: Record<string, string>, ...args: readonly string[]): Promise<ChildResult> {
  const zk = PROGRAM.map(word => `'${word}'`).join(' ');
  return start(['-c', `zk() { ${zk} "$@"; }; ${command}`, 'sh', ...args], env, '/bin/sh', []).ended;
}

export function run(argv: readonly string[], env: Record<string, string>): Promise<ChildResult> {
  return start(argv, env).ended;
}

/** A new home and a clean environment: kubectl and node on PATH, and no variables of the developer. */
export function cleanEnv(): Record<string, string> {
  const home = makeTempDir();
  const bin = path.join(home, 'bin');
  fs.mkdirSync(bin);
  fs.symlinkSync(realKubectl(), path.join(bin, 'kubectl'));
  fs.symlinkSync(process.execPath, path.join(bin, 'node'));
  return { HOME: home, PATH: `${bin}:/usr/bin:/bin`, ZKUBECTL_SANDBOX_DIR: path.join(home, 'sandbox') };
}

/** Puts this program as `zkubectl` on the PATH of `env`, which must be from cleanEnv. */
export function putOnPath(env: Record<string, string>): void {
  const words = PROGRAM.map(word => `'${word}'`).join(' ');
  fs.writeFileSync(path.join(env['HOME'] ?? '', 'bin', 'zkubectl'), `#!/bin/sh\nexec ${words} "$@"\n`, { mode: 0o755 });
}

/** Is this program, such as zsh, installed on this machine? */
export function isThere(program: string): boolean {
  try {
    execFileSync('/bin/sh', ['-c', 'command -v -- "$1"', 'sh', program], {
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
    });
    return true;
  } catch {
    return false;
  }
}

/** The environment variables from `sandbox env`. */
export async function sandboxEnv(env: Record<string, string>, ...flags: string[]): Promise<Record<string, string>> {
  const { stdout, stderr } = await run(['sandbox', 'env', ...flags], env);
  const exports = [...stdout.matchAll(/^export (\w+)='(.*)'$/gm)].map(m => [m[1] ?? '', m[2] ?? '']);
  if (exports.length === 0) throw new Error(stderr);
  return { ...env, ...Object.fromEntries(exports) };
}
