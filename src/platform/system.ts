/**
 * The real world as an Io. Only bin/ makes one; everything else is handed it.
 * Rule: what most starts do without (streams, terminals, child processes) is made when it is first asked for.
 */
import type { SpawnOptions as NodeSpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { InterruptedError, messageOf } from '../errors.ts';
import type { Daemon, Io, Prompter, SpawnOptions, SpawnResult } from './io.ts';
import { withoutSecrets } from './process/child-env.ts';
import { selfCommand } from './process/self.ts';
import { exitCodeOfSignal } from './process/signals.ts';
import { createOutput, type Output } from './terminal/output.ts';

class SignalError extends InterruptedError {
  override readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(signal === 'SIGINT' ? 'interrupted' : `ended by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

/** Node and libraries verify no certificate while this is 0. */
const NO_VERIFICATION = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** The environment as it was given to us: children get it so. In this process TLS is verified whatever it says. */
let environment: NodeJS.ProcessEnv = process.env;

function withVerification(): NodeJS.ProcessEnv {
  if (process.env[NO_VERIFICATION] === undefined) return process.env;
  const given = { ...process.env };
  process.env[NO_VERIFICATION] = '1';
  return given;
}

/** @param entry the script that Node runs; undefined: this process is an executable of our own */
export function createSystemIo(entry: string | undefined): Io {
  environment = withVerification();
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
  // What we make is ours alone, also what lies between; children get the user's own mask (see asUser).
  userUmask = process.umask(0o077);
  const stderr = outputOf(2, () => undefined);
  let self: Io['self'] | undefined;
  let prompter: Promise<Prompter> | undefined;
  const prompts = () => {
    prompter ??= import('./terminal/prompts.ts').then(m =>
      m.createPrompter(
        { input: process.stdin, output: process.stderr, signal: interrupts.signal },
        wantsPlainPrompts(),
      ),
    );
    return prompter;
  };
  return {
    // process.stdin costs time to make and keeps the process alive once read: made when asked for.
    get stdin() {
      return process.stdin;
    },
    stdout: createStdout(stderr),
    stderr,
    isTTY: {
      get stdin() {
        return isTerminal(0);
      },
      get stdout() {
        return isTerminal(1);
      },
      get stderr() {
        return isTerminal(2);
      },
    },
    get columns() {
      // A stream is made for a terminal alone: it costs.
      return (isTerminal(1) ? process.stdout : isTerminal(2) ? process.stderr : undefined)?.columns ?? 80;
    },
    env: environment,
    cwd: workingDir(),
    home: homeDir(),
    platform: process.platform,
    arch: process.arch,
    get self() {
      self ??= selfCommand(entry);
      return self;
    },
    signal: interrupts.signal,
    prompt: {
      pick: async (message, choices) => (await prompts()).pick(message, choices),
      confirm: async (message, initial) => (await prompts()).confirm(message, initial),
      input: async message => (await prompts()).input(message),
      secret: async message => (await prompts()).secret(message),
    },
    now: () => new Date(),
    sleep: (ms, signal) => sleep(ms, signal),
    openBrowser,
    startDaemon,
    lookup: async host => {
      const { lookupHost } = await import('./net/dns.ts');
      return lookupHost(host, (file, args, options = {}) => run(file, args, options, stderr), process.platform);
    },
    spawn: async (file, args, options = {}) => {
      children++;
      try {
        return await run(file, args, options, stderr);
      } finally {
        children--;
      }
    },
  };
}

/** For screen readers, and terminals that cannot redraw. */
function wantsPlainPrompts(): boolean {
  const plain = process.env['ZKUBECTL_PLAIN'];
  return (plain !== undefined && plain !== '' && plain !== '0') || process.env['TERM'] === 'dumb';
}

let userUmask = 0o022;

/** A child that is not given an environment has ours, without its secrets. */
function spawnChild(file: string, args: readonly string[], options: NodeSpawnOptions) {
  const env = options.env ?? (withoutSecrets(environment) as NodeJS.ProcessEnv);
  return process.getBuiltinModule('node:child_process').spawn(file, [...args], { ...options, env });
}

/** Starts a child with the user's own umask. */
function asUser<T>(start: () => T): T {
  const ours = process.umask(userUmask);
  try {
    return start();
  } finally {
    process.umask(ours);
  }
}

/** A terminal is a character device, as is /dev/null; node:tty is loaded only for what may be one. */
function isTerminal(fd: number): boolean {
  try {
    const stat = fs.fstatSync(fd);
    if (!stat.isCharacterDevice()) return false;
    if (stat.rdev === fs.statSync('/dev/null', { throwIfNoEntry: false })?.rdev) return false;
    return process.getBuiltinModule('node:tty').isatty(fd);
  } catch {
    // The descriptor is closed.
    return false;
  }
}

let outputFailed = false;

/** A console of Windows takes text through its stream alone. */
function outputOf(fd: 1 | 2, onFailure: (error: unknown) => void): Output {
  if (process.platform === 'win32' && isTerminal(fd)) return fd === 1 ? process.stdout : process.stderr;
  return createOutput(fd, onFailure);
}

function createStdout(stderr: Output): Output {
  return outputOf(1, error => {
    outputFailed = true;
    stderr.write(`zkubectl: error: the output could not be written: ${messageOf(error)}\n`);
  });
}

/** Ends the process, whatever connection may still be open. What could not be written makes a success a failure. */
export function finish(code: number): void {
  process.exit(code === 0 && outputFailed ? 1 : code);
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
      spawnChild(file, [...args, url], { stdio: ['ignore', 2, 2], detached: true, windowsHide: true }),
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
  const child = spawnChild(file, [...args], { stdio: ['ignore', log, log], detached: true, windowsHide: true });
  fs.closeSync(log);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve({ hasEnded: () => child.exitCode !== null || child.signalCode !== null });
    });
  });
}

/** How long the output of a child with a time limit is read after its end (milliseconds). */
const PIPE_GRACE_MS = 500;
const MAX_CAPTURED_CHARS = 64 * 1024 * 1024;

/**
 * Runs a child to its end. Signals: Ctrl-C at a terminal reaches the child by itself, as it is in our process group; a signal that only we
 * were sent is passed on.
 */
function run(file: string, args: readonly string[], options: SpawnOptions, stderrOutput: Output): Promise<SpawnResult> {
  const inherit = (options.stdio ?? 'inherit') === 'inherit';
  return new Promise((resolve, reject) => {
    const child = asUser(() =>
      spawnChild(file, [...args], {
        stdio: inherit
          ? ['inherit', 'inherit', options.onStderr ? 'pipe' : 'inherit']
          : [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // In a process group of its own, Ctrl-C at the terminal is not for it.
        detached: options.survives === true,
        windowsHide: !inherit,
        ...(options.env ? { env: options.env as NodeJS.ProcessEnv } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
      }),
    );
    // A child that does not read it all is no failure of ours.
    child.stdin?.on('error', () => undefined).end(options.input);
    const atTerminal = inherit && (isTerminal(0) || isTerminal(2));
    const forward = (signal: NodeJS.Signals) => {
      if (options.survives || (atTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) return;
      child.kill(signal);
    };
    const signals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;
    const forwarded = process.platform === 'win32' ? signals.slice(0, 3) : signals.filter(s => s !== 'SIGUSR1');
    for (const signal of forwarded) process.on(signal, forward);
    let stdout = '';
    let stderr = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      options.onStdout?.(text);
      if (stdout.length < MAX_CAPTURED_CHARS) stdout += text;
    });
    if (inherit) {
      child.stderr?.on('data', (bytes: Buffer) => {
        stderrOutput.write(bytes);
        options.onStderr?.(bytes.toString('latin1'));
      });
    } else
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
    if (options.timeoutMs !== undefined) {
      // A grandchild that still holds the pipes would keep us past the time.
      child.once('exit', () =>
        setTimeout(() => [child.stdout, child.stderr].map(pipe => pipe?.destroy()), PIPE_GRACE_MS),
      );
    }
    child.once('close', (code, signal) => {
      end();
      resolve({ code, signal, stdout, stderr });
    });
  });
}
