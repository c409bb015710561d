/**
 * What the world looks like to the program. Everything here can be replaced by a test; `createIo` in system.ts is the real one.
 * Rules: types only, so that importing this file costs nothing.
 */
import type { Readable, Writable } from 'node:stream';
import type { Output } from './terminal/output.ts';

export type Env = Readonly<Record<string, string | undefined>>;

/** How a child process ended: its exit code, or the signal that killed it. */
export interface ExitStatus {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface SpawnOptions {
  readonly env?: Env;
  readonly cwd?: string;
  /** `inherit`: the child has our terminal. `capture`: stdout and stderr are returned, stdin is empty. */
  readonly stdio?: 'inherit' | 'capture';
  /** Milliseconds after which a captured child is ended. */
  readonly timeoutMs?: number;
  /** What a captured child reads from stdin. */
  readonly input?: string;
  /** Told of a captured child's stdout as it comes. */
  readonly onStdout?: (text: string) => void;
  /** Told of the stderr of a child that inherits all else, as it comes; it is written to ours, byte for byte. */
  readonly onStderr?: (text: string) => void;
  /** For a captured child that cleans up: no signal that we get reaches it. */
  readonly ignoreSignals?: boolean;
}

export interface SpawnResult extends ExitStatus {
  readonly stdout: string;
  readonly stderr: string;
}

/** One line a person can pick. */
export interface Choice<T> {
  readonly value: T;
  /** The line, as what is typed is matched with it. */
  readonly name: string;
  /** Colours the line, or what is left of it on a narrow terminal. */
  readonly paint?: (line: string) => string;
  /** What stands there once it is picked. */
  readonly short?: string;
}

/** Where questions are asked. */
export interface PromptStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** Questions to a person; all of them are written to stderr. Each throws InterruptedError when it is left. */
export interface Prompter {
  pick<T>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  confirm(message: string, initial?: boolean): Promise<boolean>;
  input(message: string): Promise<string>;
  /** What is typed is not shown. */
  secret(message: string): Promise<string>;
}

/** A process that outlives us. */
export interface Daemon {
  readonly hasEnded: () => boolean;
}

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Width of the terminal in columns; 80 when there is none. */
  readonly columns: number;
  readonly env: Env;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** How to start this very program again: an absolute path and the arguments before its own. */
  readonly self: { readonly file: string; readonly args: readonly string[] };
  /** Aborted by SIGINT, SIGTERM and SIGHUP; `reason` is the InterruptedError to end with. */
  readonly signal: AbortSignal;
  readonly prompt: Prompter;
  now(): Date;
  /** Waits; rejects with the signal's reason when that is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Starts a browser on a URL and does not wait for it. `argv` is the command, without the URL. */
  openBrowser(argv: readonly string[], url: string): Promise<void>;
  spawn(file: string, args: readonly string[], options?: SpawnOptions): Promise<SpawnResult>;
  /** The addresses of a host as the system resolves it, best first. Throws an error with a code such as ENOTFOUND, EAI_AGAIN, ETIMEOUT. */
  lookup(host: string): Promise<string[]>;
  /** Starts a process that outlives us; its output goes to a file. */
  startDaemon(file: string, args: readonly string[], logFile: string): Promise<Daemon>;
}

/** May a person be asked something? Both ends must be a terminal: questions are read from stdin and shown on stderr. */
export function isInteractive(io: Pick<Io, 'isTTY'>): boolean {
  return io.isTTY.stdin && io.isTTY.stderr;
}
