/**
 * Child processes.
 * Rules: argv is an array, never a shell string; children get the user's own umask; however many run, every signal has one listener.
 */
import type { ChildProcess, SpawnOptions as NodeSpawnOptions } from 'node:child_process';
import fs from 'node:fs';
import type { Daemon, Env, SpawnOptions, SpawnResult } from '../io.ts';
import { isTerminal } from '../terminal/is-terminal.ts';
import type { Output } from '../terminal/output.ts';
import { withoutSecrets } from './child-env.ts';

/** How long the output of a child with a time limit is read after its end (milliseconds). */
const PIPE_GRACE_MS = 500;
/** What is kept of a captured child's stdout, and of its stderr; the rest is read and dropped. */
const MAX_CAPTURED_CHARS = 64 * 1024 * 1024;

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGWINCH', 'SIGCONT'] as const;

export interface ChildSettings {
  /** The environment of a child that is given none: without its secrets. */
  readonly env: Env;
  /** The user's umask; ours is stricter. */
  readonly umask: number;
  readonly stderr: Output;
}

export class Children {
  readonly #settings: ChildSettings;
  /** How each child that runs is told of a signal. */
  readonly #running = new Set<(signal: NodeJS.Signals) => void>();
  readonly #forward = (signal: NodeJS.Signals) => {
    for (const tell of this.#running) tell(signal);
  };

  constructor(settings: ChildSettings) {
    this.#settings = settings;
  }

  /**
   * Runs a child to its end. Ctrl-C at a terminal reaches the child by itself, as it is in our process group; a signal that only we were sent is passed on.
   */
  run(file: string, args: readonly string[], options: SpawnOptions): Promise<SpawnResult> {
    const inherit = (options.stdio ?? 'inherit') === 'inherit';
    return new Promise((resolve, reject) => {
      const child = this.#start(file, args, {
        stdio: inherit
          ? ['inherit', 'inherit', options.onStderr ? 'pipe' : 'inherit']
          : [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        // In a process group of its own, Ctrl-C at the terminal is not for it.
        detached: options.ignoreSignals === true,
        windowsHide: !inherit,
        ...(options.env ? { env: options.env as NodeJS.ProcessEnv } : {}),
        ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
        ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs, killSignal: 'SIGKILL' as const }),
      });
      // A child that does not read all of it is no failure of ours.
      child.stdin?.on('error', () => undefined).end(options.input);
      const forgetSignals = this.#passSignals(child, options, inherit && (isTerminal(0) || isTerminal(2)));
      const output = inherit ? this.#watchStderr(child, options) : capture(child, options);
      child.once('error', error => {
        forgetSignals();
        reject(error);
      });
      if (options.timeoutMs !== undefined) {
        // A grandchild that still holds the pipes would keep us past the time.
        child.once('exit', () =>
          setTimeout(() => [child.stdout, child.stderr].map(pipe => pipe?.destroy()), PIPE_GRACE_MS),
        );
      }
      child.once('close', (code, signal) => {
        forgetSignals();
        resolve({ code, signal, ...output });
      });
    });
  }

  /** Starts a browser and does not wait for its end. Its output goes to our stderr: stdout is for data. */
  openBrowser(argv: readonly string[], url: string): Promise<void> {
    const [file, ...args] = argv;
    if (file === undefined) return Promise.reject(new Error('no browser command'));
    const child = this.#start(file, [...args, url], { stdio: ['ignore', 2, 2], detached: true, windowsHide: true });
    return started(child);
  }

  /** Starts a process that outlives us. Its output goes to a file. */
  async startDaemon(file: string, args: readonly string[], logFile: string): Promise<Daemon> {
    const log = fs.openSync(logFile, 'a', 0o600);
    const child = this.#spawn(file, args, { stdio: ['ignore', log, log], detached: true, windowsHide: true });
    fs.closeSync(log);
    await started(child);
    return { hasEnded: () => child.exitCode !== null || child.signalCode !== null };
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

  /** Passes on the signals that we get for as long as the child runs. Returns what ends that. */
  #passSignals(child: ChildProcess, options: SpawnOptions, isAtTerminal: boolean): () => void {
    const tell = (signal: NodeJS.Signals) => {
      if (options.ignoreSignals || (isAtTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) return;
      child.kill(signal);
    };
    if (this.#running.size === 0) for (const signal of passedOn()) process.on(signal, this.#forward);
    this.#running.add(tell);
    return () => {
      if (!this.#running.delete(tell) || this.#running.size > 0) return;
      for (const signal of passedOn()) process.off(signal, this.#forward);
    };
  }

  /** For a child that has our terminal: its stderr is written to ours as it comes, byte for byte. */
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

/** Keeps a child's output. What is returned grows until the child has ended. */
function capture(child: ChildProcess, { onStdout }: SpawnOptions): { stdout: string; stderr: string } {
  const output = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    onStdout?.(text);
    if (output.stdout.length < MAX_CAPTURED_CHARS) output.stdout += text;
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    if (output.stderr.length < MAX_CAPTURED_CHARS) output.stderr += text;
  });
  return output;
}

/** Resolves once the child runs; nothing waits for its end. */
function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      child.unref();
      resolve();
    });
  });
}
