/** The real world as an Io. Only bin/zkubectl.js and the build's tests make one; everything else is handed it. */
import { spawn as nodeSpawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { isatty } from 'node:tty';
import { InterruptedError, systemErrorCode } from '../errors.ts';
import type { Daemon, Io, Prompter, SpawnOptions, SpawnResult } from './io.ts';
import { exitCodeOfSignal } from './signals.ts';

class SignalError extends InterruptedError {
  override readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(signal === 'SIGINT' ? 'interrupted' : `ended by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

/** @param entry the file that was started: bin/zkubectl.js */
export function createSystemIo(entry: string): Io {
  const interrupts = new AbortController();
  let children = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // While kubectl runs it decides what a signal means (see spawn); a second one here ends us whatever we do.
      if (children > 0) return;
      if (interrupts.signal.aborted) process.exit(exitCodeOfSignal(signal));
      interrupts.abort(new SignalError(signal));
    });
  }
  watchOutput();
  // What we make is ours alone, also what lies between; children get the user's own mask (see asUser).
  userUmask = process.umask(0o077);
  let prompter: Promise<Prompter> | undefined;
  const prompts = () => {
    prompter ??= import('./prompts.ts').then(m =>
      m.createPrompter({ input: process.stdin, output: process.stderr, signal: interrupts.signal }),
    );
    return prompter;
  };
  return {
    // process.stdin costs time to make and keeps the process alive once read: made when asked for.
    get stdin() {
      return process.stdin;
    },
    stdout: process.stdout,
    stderr: process.stderr,
    isTTY: { stdin: isatty(0), stdout: isatty(1), stderr: isatty(2) },
    get columns() {
      return process.stdout.columns ?? process.stderr.columns ?? 80;
    },
    env: process.env,
    cwd: workingDir(),
    home: homeDir(),
    platform: process.platform,
    arch: process.arch,
    self: selfCommand(entry),
    signal: interrupts.signal,
    prompt: {
      pick: async (message, choices) => (await prompts()).pick(message, choices),
      confirm: async (message, initial) => (await prompts()).confirm(message, initial),
      input: async message => (await prompts()).input(message),
    },
    now: () => new Date(),
    sleep: (ms, signal) => sleep(ms, signal),
    openBrowser,
    startDaemon,
    spawn: async (file, args, options = {}) => {
      children++;
      try {
        return await run(file, args, options);
      } finally {
        children--;
      }
    },
  };
}

let userUmask = 0o022;

/** Starts a child with the user's own umask. */
function asUser<T>(start: () => T): T {
  const ours = process.umask(userUmask);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}

/**
 * A reader that went away (`| head`) takes nothing more, and what is under way still ends as it must: tokens are stored, requests decided. Any other
 * failure to write is told, and makes the exit code 1.
 */
function watchOutput(): void {
  let failed = false;
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', error => {
    if (failed || systemErrorCode(error) === 'EPIPE' || systemErrorCode(error) === 'ERR_STREAM_DESTROYED') return;
    failed = true;
    process.stderr.write(`zkubectl: error: the output could not be written: ${error.message}\n`);
  });
  process.on('exit', () => {
    if (failed && !process.exitCode) process.exitCode = 1;
  });
}

/** Ends the process once everything is written, whatever connection may still be open. */
export async function finish(code: number): Promise<void> {
  process.exitCode = code;
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.writable) await new Promise<void>(resolve => stream.write('', () => resolve()));
  }
  process.exit();
}

/** A home that is no absolute path would put secrets where we happen to stand; without any, only what is read from it is missing. */
function homeDir(): string {
  for (const find of [os.homedir, () => os.userInfo().homedir]) {
    try {
      const home = find();
      if (path.isAbsolute(home)) return home;
    } catch {
      // A user without an entry in the password file.
    }
  }
  return '/nonexistent';
}

function workingDir(): string {
  try {
    return process.cwd();
  } catch {
    // The folder we were started in is gone.
    return path.parse(process.execPath).root;
  }
}

/**
 * kubectl must be able to start us again from the kubeconfig. A script with its #! line and mode is a command by itself; else, as on
 * Windows, it is Node with the script.
 */
function selfCommand(entry: string): Io['self'] {
  const started = path.resolve(process.argv[1] ?? entry);
  const script = isSame(started, entry) ? started : entry;
  if (process.platform !== 'win32') {
    try {
      fs.accessSync(script, fs.constants.X_OK);
      return { file: script, args: [] };
    } catch {
      // Falls through to Node with the script.
    }
  }
  return { file: process.execPath, args: [script] };
}

function isSame(a: string, b: string): boolean {
  try {
    return fs.realpathSync(a) === fs.realpathSync(b);
  } catch {
    return false;
  }
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const done = () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function openBrowser(argv: readonly string[], url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const [file, ...args] = argv;
    if (file === undefined) return reject(new Error('no browser command'));
    // Its chatter goes to our stderr; stdout is for data.
    const child = asUser(() =>
      nodeSpawn(file, [...args, url], { stdio: ['ignore', 2, 2], detached: true, windowsHide: true }),
    );
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}

function startDaemon(file: string, args: readonly string[], logFile: string): Promise<Daemon> {
  const log = fs.openSync(logFile, 'a', 0o600);
  const child = nodeSpawn(file, [...args], { stdio: ['ignore', log, log], detached: true, windowsHide: true });
  fs.closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve({ hasEnded: () => child.exitCode !== null || child.signalCode !== null });
    });
  });
}

const MAX_CAPTURED_CHARS = 64 * 1024 * 1024;

/**
 * Runs a child to its end. Signals: Ctrl-C at a terminal reaches the child by itself, as it is in our process group; a signal that only we
 * were sent is passed on.
 */
function run(file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnResult> {
  const inherit = (options.stdio ?? 'inherit') === 'inherit';
  return new Promise((resolve, reject) => {
    const child = asUser(() =>
      nodeSpawn(file, [...args], {
        stdio: inherit ? 'inherit' : ['ignore', 'pipe', 'pipe'],
        windowsHide: !inherit,
        ...(options.env ? { env: options.env as NodeJS.ProcessEnv } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
      }),
    );
    const atTerminal = inherit && (isatty(0) || isatty(2));
    const forward = (signal: NodeJS.Signals) => {
      if (atTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT')) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;
    const forwarded = process.platform === 'win32' ? signals.slice(0, 3) : signals.filter(s => s !== 'SIGUSR1');
    for (const signal of forwarded) process.on(signal, forward);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < MAX_CAPTURED_CHARS) stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      if (stderr.length < MAX_CAPTURED_CHARS) stderr += text;
    });
    const end = () => {
      for (const signal of forwarded) process.off(signal, forward);
    };
    child.once('error', error => {
      end();
      reject(error);
    });
    child.once('close', (code, signal) => {
      end();
      resolve({ code, signal, stdout, stderr });
    });
  });
}
