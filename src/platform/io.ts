/**
 * The program's interface to the operating system. Tests can replace every part; `createSystemIo` in system.ts makes the real one.
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
  /** The time limit of a captured child, which is then killed (milliseconds). */
  readonly timeoutMs?: number;
  /** What a captured child reads from stdin. */
  readonly input?: string | Buffer;
  /** Called with a captured child's stderr as it arrives. */
  readonly onCapturedStderr?: (text: string) => void;
  /** The most characters that are kept of a captured child's stdout, and of its stderr. The rest is read and dropped. */
  readonly maxChars?: number;
  /**
   * One of many captured children: it has a process group of its own, which our signals and the time limit end. Our own handling of signals goes on.
   */
  readonly ownGroup?: boolean;
  /** Called with a captured child's stdout as it arrives. */
  readonly onStdout?: (text: string) => void;
  /** Called with the stderr of a child with `inherit` as it arrives. The same bytes are also written to our stderr. */
  readonly onStderr?: (text: string) => void;
  /** Do not forward signals to a captured child. For children that clean up. */
  readonly ignoreSignals?: boolean;
}

export interface SpawnResult extends ExitStatus {
  readonly stdout: string;
  readonly stderr: string;
  /** Output was dropped: there was more than `maxChars`. */
  readonly isCut?: boolean;
}

/** One choice in a list. */
export interface Choice<T> {
  readonly value: T;
  /** The line to show. The typed text is matched against it. */
  readonly name: string;
  /** Colours the line, which may have been cut to the terminal's width. */
  readonly paint?: (line: string) => string;
  /** The text to show after the choice is picked. */
  readonly short?: string;
}

/** The streams of a prompt. */
export interface PromptStreams {
  readonly input: Readable;
  readonly output: Writable;
  readonly signal: AbortSignal;
}

/** Interactive prompts, written to stderr. Each throws InterruptedError when the user cancels. */
export interface Prompter {
  pick<T>(message: string, choices: readonly Choice<T>[]): Promise<T>;
  /** At least one choice. */
  pickSeveral<T>(message: string, choices: readonly Choice<T>[]): Promise<T[]>;
  confirm(message: string, initial?: boolean): Promise<boolean>;
  input(message: string): Promise<string>;
  /** Does not show the typed text. */
  secret(message: string): Promise<string>;
}

/** A background process that goes on after zkubectl ends. */
export interface Daemon {
  readonly hasEnded: () => boolean;
}

export interface Io {
  readonly stdin: Readable;
  readonly stdout: Output;
  readonly stderr: Output;
  readonly isTTY: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Does the process have a controlling terminal (`/dev/tty`)? Then it can ask even if stdin is not a terminal. */
  readonly hasTerminal: boolean;
  /** Is stdin a pipe, a socket or a file, so that somebody may have given input? */
  readonly isPiped: boolean;
  /** Width of the terminal in columns; 80 when there is none. */
  readonly columns: number;
  readonly env: Env;
  readonly cwd: string;
  readonly home: string;
  readonly platform: NodeJS.Platform;
  readonly arch: string;
  /** What runs this program, such as `Node.js 20.20.2`. */
  readonly runtime: string;
  /** The name of the program that started this process, such as `fish`. Undefined: unknown. */
  readonly parentProgram: string | undefined;
  /** The number of processors that this process may use. */
  readonly cores: number;
  /** How many files and sockets may be open at a time. */
  maxOpenFiles(): Promise<number>;
  /** How to start this program again: an absolute path, and the arguments that come before its own. */
  readonly self: { readonly file: string; readonly args: readonly string[] };
  /** The file of the keyring's library inside the executable. Undefined: it is a package. */
  readonly keyringLibrary?: string | undefined;
  /** Aborted by SIGINT, SIGTERM and SIGHUP. `reason` is the InterruptedError to exit with. */
  readonly signal: AbortSignal;
  readonly prompt: Prompter;
  now(): Date;
  /** Calls `run` when the process ends without our doing, such as by a second Ctrl-C. `run` must be synchronous. Returns a function that cancels it. */
  onExit(run: () => void): () => void;
  /** Waits. Rejects with the signal's reason when the signal is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** Starts a browser on a URL and does not wait for it. `argv` is the command, without the URL. */
  openBrowser(argv: readonly string[], url: string): Promise<void>;
  spawn(file: string, args: readonly string[], options?: SpawnOptions): Promise<SpawnResult>;
  /** Resolves a host like the system does; best address first. Throws an error with a code such as ENOTFOUND, EAI_AGAIN, ETIMEOUT. */
  lookup(host: string): Promise<string[]>;
  /** The TXT records of a name, each as one text. Throws an error with a code such as ENOTFOUND, ENODATA, ETIMEOUT. */
  textRecords(name: string): Promise<string[]>;
  /** Starts a background process that goes on after zkubectl ends. Its output goes to a file. @param env default: ours without secrets */
  startDaemon(file: string, args: readonly string[], logFile: string, env?: Env): Promise<Daemon>;
}

/** Are prompts possible? stdin and stderr must both be terminals: answers are read from stdin, questions are written to stderr. */
export function isInteractive(io: Pick<Io, 'isTTY'>): boolean {
  return io.isTTY.stdin && io.isTTY.stderr;
}

/** Can a person be asked, also where stdin has the data: `cat x | zkubectl apply -f -`? */
export function canAsk(io: Pick<Io, 'isTTY' | 'hasTerminal'>): boolean {
  return io.isTTY.stderr && (io.isTTY.stdin || io.hasTerminal);
}
