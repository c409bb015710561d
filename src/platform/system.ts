/**
 * The real Io. Only bin/ creates it; all other code receives it as an argument.
 * Rule: streams, terminals and child processes are created at first use, because most commands do not need them.
 */
import os from 'node:os';
import path from 'node:path';
import { InterruptedError, messageOf } from '../errors.ts';
import type { Env, Io, Prompter } from './io.ts';
import { Children } from './process/children.ts';
import { parentProgram } from './process/processes.ts';
import { selfCommand } from './process/self.ts';
import { exitCodeOfSignal } from './process/signals.ts';
import { createSleep } from './process/sleep.ts';
import { hasControllingTerminal, isPipe, isTerminal, questionInput } from './terminal/is-terminal.ts';
import { createOutput, type Output } from './terminal/output.ts';

class SignalError extends InterruptedError {
  override readonly exitCode: number;
  constructor(signal: NodeJS.Signals) {
    super(signal === 'SIGINT' ? 'interrupted' : `terminated by ${signal}`);
    this.exitCode = exitCodeOfSignal(signal);
  }
}

/** While this variable is 0, Node and libraries verify no certificates. */
const NO_VERIFICATION = 'NODE_TLS_REJECT_UNAUTHORIZED';

/** The original environment, for children. In this process the variable is set to 1, so TLS is always verified. */
function withVerification(): Env {
  if (process.env[NO_VERIFICATION] === undefined) return process.env;
  const given = { ...process.env };
  process.env[NO_VERIFICATION] = '1';
  return given;
}

/** An executable has Bun inside, which claims to be a Node.js too. */
function runtimeName(): string {
  const { bun, node } = process.versions;
  return bun === undefined ? `Node.js ${node}` : `Bun ${bun}`;
}

/** @param entry the script that Node runs. Undefined: this process is the compiled executable, with the file of its keyring library. */
export function createSystemIo(entry: string | undefined, keyringLibrary?: string): Io {
  const env = withVerification();
  // New files and intermediate folders are private. Children get the user's umask.
  const umask = process.umask(0o077);
  const stderr = outputOf(2, () => undefined);
  const children = new Children({ env, umask, stderr });
  const interrupts = new AbortController();
  let inCharge = 0;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      // While a child such as kubectl runs, the child handles the signal.
      if (inCharge > 0) return;
      // A second signal always ends the process.
      if (interrupts.signal.aborted) process.exit(exitCodeOfSignal(signal));
      interrupts.abort(new SignalError(signal));
    });
  }
  let self: Io['self'] | undefined;
  let prompter: Promise<Prompter> | undefined;
  const prompts = () => {
    prompter ??= import('./terminal/prompts.ts').then(m =>
      m.createPrompter(
        { input: questionInput(), output: process.stderr, signal: interrupts.signal },
        wantsPlainPrompts(),
      ),
    );
    return prompter;
  };
  return {
    // Created at first use: process.stdin takes time to create and, once read, keeps the process alive.
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
    get hasTerminal() {
      return hasControllingTerminal();
    },
    get isPiped() {
      return isPipe(0);
    },
    get columns() {
      // Create a stream only for a terminal, because that takes time.
      return (isTerminal(1) ? process.stdout : isTerminal(2) ? process.stderr : undefined)?.columns ?? 80;
    },
    env,
    cwd: workingDir(),
    home: homeDir(),
    platform: process.platform,
    arch: process.arch,
    runtime: runtimeName(),
    get parentProgram() {
      return parentProgram();
    },
    get cores() {
      return os.availableParallelism();
    },
    maxOpenFiles: async () => (await import('./process/open-files.ts')).maxOpenFiles(process.platform),
    get self() {
      self ??= selfCommand(entry);
      return self;
    },
    keyringLibrary,
    signal: interrupts.signal,
    prompt: {
      pick: async (message, choices) => (await prompts()).pick(message, choices),
      pickSeveral: async (message, choices) => (await prompts()).pickSeveral(message, choices),
      confirm: async (message, initial) => (await prompts()).confirm(message, initial),
      input: async message => (await prompts()).input(message),
      secret: async message => (await prompts()).secret(message),
    },
    now: () => new Date(),
    sleep: createSleep(),
    openBrowser: (argv, url) => children.openBrowser(argv, url),
    startDaemon: (file, args, logFile, env) => children.startDaemon(file, args, logFile, env),
    textRecords: async name => (await import('./net/dns.ts')).textRecordsOf(name),
    lookup: async host => {
      const { lookupHost } = await import('./net/dns.ts');
      return lookupHost(host, (file, args, options = {}) => children.run(file, args, options), process.platform);
    },
    onExit: run => {
      process.once('exit', run);
      return () => process.off('exit', run);
    },
    spawn: async (file, args, options = {}) => {
      if (options.ownGroup) return children.run(file, args, options);
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

/** A Windows console shows text correctly only through its stream. */
function outputOf(fd: 1 | 2, onFailure: (error: unknown) => void): Output {
  if (process.platform === 'win32' && isTerminal(fd)) return fd === 1 ? process.stdout : process.stderr;
  return createOutput(fd, onFailure);
}

function createStdout(stderr: Output): Output {
  return outputOf(1, error => {
    outputFailed = true;
    stderr.write(`zkubectl: error: cannot write the output: ${messageOf(error)}\n`);
  });
}

/** Ends the process, even with open connections. Exit code 0 becomes 1 when output could not be written. */
export function finish(code: number): void {
  process.exit(code === 0 && outputFailed ? 1 : code);
}

/** The home folder. A relative path is ignored: it would put secrets into the current directory. Without a home, its files are simply absent. */
function homeDir(): string {
  for (const find of [os.homedir, () => os.userInfo().homedir]) {
    try {
      const home = find();
      if (path.isAbsolute(home)) return home;
    } catch {
      // The user has no entry in passwd(5).
    }
  }
  return '/nonexistent';
}

function workingDir(): string {
  try {
    return process.cwd();
  } catch {
    // The current directory was deleted.
    return path.parse(process.execPath).root;
  }
}
