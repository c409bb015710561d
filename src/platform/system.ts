/**
 * The real world as an Io. Only bin/ makes one; everything else is handed it.
 * Rule: what most starts do without (streams, terminals, child processes) is made when it is first asked for.
 */
import os from 'node:os';
import path from 'node:path';
import { InterruptedError, messageOf } from '../errors.ts';
import type { Env, Io, Prompter } from './io.ts';
import { Children } from './process/children.ts';
import { selfCommand } from './process/self.ts';
import { exitCodeOfSignal } from './process/signals.ts';
import { createSleep } from './process/sleep.ts';
import { isTerminal } from './terminal/is-terminal.ts';
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
function withVerification(): Env {
  if (process.env[NO_VERIFICATION] === undefined) return process.env;
  const given = { ...process.env };
  process.env[NO_VERIFICATION] = '1';
  return given;
}

/** @param entry the script that Node runs; undefined: this process is an executable of our own */
export function createSystemIo(entry: string | undefined): Io {
  const env = withVerification();
  // What we make is ours alone, also what lies between; children get the user's own mask.
  const umask = process.umask(0o077);
  const stderr = outputOf(2, () => undefined);
  const children = new Children({ env, umask, stderr });
  const interrupts = new AbortController();
  let inCharge = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // While a child such as kubectl runs, it decides what a signal means.
      if (inCharge > 0) return;
      // A second one ends us whatever we do.
      if (interrupts.signal.aborted) process.exit(exitCodeOfSignal(signal));
      interrupts.abort(new SignalError(signal));
    });
  }
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
    env,
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
    sleep: createSleep(),
    openBrowser: (argv, url) => children.openBrowser(argv, url),
    startDaemon: (file, args, logFile) => children.startDaemon(file, args, logFile),
    lookup: async host => {
      const { lookupHost } = await import('./net/dns.ts');
      return lookupHost(host, (file, args, options = {}) => children.run(file, args, options), process.platform);
    },
    spawn: async (file, args, options = {}) => {
      inCharge++;
      try {
        return await children.run(file, args, options);
      } finally {
        inCharge--;
      }
    },
  };
}

/** For screen readers, and terminals that cannot redraw. */
function wantsPlainPrompts(): boolean {
  const plain = process.env['ZKUBECTL_PLAIN'];
  return (plain !== undefined && plain !== '' && plain !== '0') || process.env['TERM'] === 'dumb';
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
