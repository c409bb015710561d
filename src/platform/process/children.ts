/**
 * Child processes.
 * Rules: argv is an array, never a shell string; children get the user's umask; all children share one listener per signal.
 */
import type { ChildProcess, SpawnOptions as NodeSpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import type { Daemon, Env, SpawnOptions, SpawnResult } from '../io.ts';
import { isTerminal } from '../terminal/is-terminal.ts';
import type { Output } from '../terminal/output.ts';
import { withoutSecrets } from './child-env.ts';

/** How long to go on reading the output of a child with a time limit after it has exited (milliseconds). */
const PIPE_GRACE_MS = 500;
/** The limit for a captured child's stdout and for its stderr (characters). The rest is read and dropped. */
const MAX_CAPTURED_CHARS = 64 * 1024 * 1024;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;

export interface ChildSettings {
  /** The default environment of a child, without secrets. */
  readonly env: Env;
  /** The user's umask. This process has a stricter one. */
  readonly umask: number;
  readonly stderr: Output;
}

export class Children {
  readonly #settings: ChildSettings;
  /** Functions that forward a signal, one for each running child. */
  readonly #running = new Set<(signal: NodeJS.Signals) => void>();
  readonly #forward = (signal: NodeJS.Signals) => {
    for (const tell of this.#running) tell(signal);
  };

  readonly #grouped = new Set<ChildProcess>();
  readonly #killGroups = () => {
    for (const child of this.#grouped) killGroup(child, 'SIGKILL');
  };

  constructor(settings: ChildSettings) {
    this.#settings = settings;
  }

  /**
   * Runs a child to its end. At a terminal, Ctrl-C reaches the child directly, because it is in our process group. Other signals are forwarded.
   */
  run(file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnResult> {
    const inherit = (options.stdio ?? 'inherit') === 'inherit';
    return new Promise((resolve, reject) => {
      const child = this.#start(file, args, {
        stdio: inherit
          ? ['inherit', 'inherit', options.onStderr ? 'pipe' : 'inherit']
          : [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // A child in its own process group does not receive Ctrl-C from the terminal.
        detached: options.ignoreSignals === true || options.ownGroup === true,
        windowsHide: !inherit,
        ...(options.env ? { env: options.env as NodeJS.ProcessEnv } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.timeoutMs === undefined || options.ownGroup
          ? {}
          : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
      });
      // Ignore EPIPE: a child need not read all of its input.
      child.stdin?.on('error', () => undefined).end(options.input);
      const limit = options.ownGroup ? limitGroup(child, options.timeoutMs) : undefined;
      if (options.ownGroup) this.#killAtExit(child);
      const forgetSignals = this.#passSignals(child, options, inherit && (isTerminal(0) || isTerminal(2)));
      const output = inherit ? this.#watchStderr(child, options) : capture(child, options);
      child.once('error', error => {
        clearTimeout(limit);
        forgetSignals();
        reject(error);
      });
      if (options.timeoutMs !== undefined) {
        // A grandchild can keep the pipes open after the child has exited: do not wait for it.
        child.once('exit', () =>
          setTimeout(() => [child.stdout, child.stderr].map(pipe => pipe?.destroy()), PIPE_GRACE_MS),
        );
      }
      child.once('close', (code, signal) => {
        clearTimeout(limit);
        forgetSignals();
        resolve({ code, signal, ...output });
      });
    });
  }

  /** Starts a browser and does not wait for it to exit. Its output goes to our stderr, because stdout is for data. */
  openBrowser(argv: readonly string[], url: string): Promise<void> {
    const [file, ...args] = argv;
    if (file === undefined) return Promise.reject(new Error('no browser command'));
    const child = this.#start(file, [...args, url], { stdio: ['ignore', 2, 2], detached: true, windowsHide: true });
    return started(child);
  }

  /** Starts a background process that goes on after zkubectl ends. Its output goes to a file. */
  async startDaemon(file: string, args: readonly string[], logFile: string, env?: Env): Promise<Daemon> {
    const log = fs.openSync(logFile, 'a', 0o600);
    const child = this.#spawn(file, args, {
      stdio: ['ignore', log, log],
      detached: true,
      windowsHide: true,
      // Do not keep the user's folder busy.
      cwd: path.parse(logFile).root,
      ...(env && { env: env as NodeJS.ProcessEnv }),
    });
    fs.closeSync(log);
    await started(child);
    return { hasEnded: () => child.exitCode !== null || child.signalCode !== null };
  }

  /** When this process ends, by a second Ctrl-C, the children of its groups end with it. */
  #killAtExit(child: ChildProcess): void {
    if (this.#grouped.size === 0) process.on('exit', this.#killGroups);
    this.#grouped.add(child);
    child.once('close', () => {
      this.#grouped.delete(child);
      if (this.#grouped.size === 0) process.off('exit', this.#killGroups);
    });
  }

  #spawn(file: string, args: readonly string[], options: NodeSpawnOptions): ChildProcess {
    const env = options.env ?? (withoutSecrets(this.#settings.env) as NodeJS.ProcessEnv);
    return process.getBuiltinModule('node:child_process').spawn(file, [...args], { ...options, env });
  }

  /** Starts a child with the user's own umask. */
  #start(file: string, args: readonly string[], options: NodeSpawnOptions): ChildProcess {
    const ours = process.umask(this.#settings.umask);
    try {
      return this.#spawn(file, args, options);
    } finally {
      process.umask(ours);
    }
  }

  /** Forwards our signals to the child. Returns a function that stops the forwarding. */
  #passSignals(child: ChildProcess, options: SpawnOptions, isAtTerminal: boolean): () => void {
    const tell = (signal: NodeJS.Signals) => {
      if (options.ignoreSignals || (isAtTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) return;
      if (options.ownGroup) stopGroup(child, signal);
      else child.kill(signal);
    };
    if (this.#running.size === 0) for (const signal of passedOn()) process.on(signal, this.#forward);
    this.#running.add(tell);
    return () => {
      if (!this.#running.delete(tell) || this.#running.size > 0) return;
      for (const signal of passedOn()) process.off(signal, this.#forward);
    };
  }

  /** Copies the child's stderr to ours as it arrives, byte for byte. For a child that uses our terminal. */
  #watchStderr(child: ChildProcess, { onStderr }: SpawnOptions): { stdout: string; stderr: string } {
    child.stderr?.on('data', (bytes: Buffer) => {
      this.#settings.stderr.write(bytes);
      onStderr?.(bytes.toString('latin1'));
    });
    return { stdout: '', stderr: '' };
  }
}

function passedOn(): readonly NodeJS.Signals[] {
  return process.platform === 'win32' ? SIGNALS.slice(0, 3) : SIGNALS;
}

/** Captures a child's output. The returned object is filled until the child ends. */
function capture(child: ChildProcess, { onStdout, onCapturedStderr, maxChars = MAX_CAPTURED_CHARS }: SpawnOptions) {
  const output = { stdout: '', stderr: '', isCut: false };
  const keep = (stream: 'stdout' | 'stderr', text: string) => {
    const room = maxChars - output[stream].length;
    if (text.length > room) output.isCut = true;
    if (room > 0) output[stream] += text.slice(0, room);
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    onStdout?.(text);
    keep('stdout', text);
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    onCapturedStderr?.(text);
    keep('stderr', text);
  });
  return output;
}

/** How long a child with its own group may go on after a signal (milliseconds). */
const STOP_GRACE_MS = 10_000;

/** Sends a signal to a child and to what it has started. */
function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined && process.platform !== 'win32') process.kill(-child.pid, signal);
    else child.kill(signal);
  } catch {
    // It has ended.
  }
}

/** A child that ignores the signal is killed after a while, and one that ends may leave others that keep its pipes open. */
function stopGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  killGroup(child, signal);
  if (signal !== 'SIGINT' && signal !== 'SIGTERM' && signal !== 'SIGHUP') return;
  setTimeout(() => {
    killGroup(child, 'SIGKILL');
    for (const pipe of [child.stdout, child.stderr]) pipe?.destroy();
  }, STOP_GRACE_MS).unref();
}

function limitGroup(child: ChildProcess, timeoutMs: number | undefined): NodeJS.Timeout | undefined {
  return timeoutMs === undefined ? undefined : setTimeout(() => killGroup(child, 'SIGKILL'), timeoutMs);
}

/** Resolves when the child has started. Does not wait for it to exit. */
function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
