/** An Io for tests: real files in a temporary home, output captured as text, and a browser and prompt answers from the test. */
import { spawn as nodeSpawn } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Readable, Writable } from 'node:stream';
import { main } from '../../src/main.ts';
import type { Choice, Io, SpawnOptions, SpawnResult } from '../../src/platform/io.ts';
import { dnsError } from '../../src/platform/net/dns.ts';

export class TextSink extends Writable {
  text = '';
  beforeWrite?: (() => void) | undefined;
  override _write(chunk: Buffer | string, _encoding: string, done: () => void): void {
    this.beforeWrite?.();
    this.text += chunk.toString();
    done();
  }
}

/** The answers to prompts, in order: a choice by its text, yes or no, or a text. A test can also run code before an answer. */
export type Answer = (
  | { pick: string | RegExp }
  | { pickSeveral: readonly string[] }
  | { confirm: boolean }
  | { input: string }
  | { leave: true }
) & {
  meanwhile?: () => Promise<unknown>;
};

export interface TestIoOptions {
  home?: string;
  env?: Record<string, string>;
  tty?: boolean;
  /** stdin has data, but there is a terminal. */
  hasTerminal?: boolean;
  maxOpenFiles?: number;
  columns?: number;
  answers?: Answer[];
  /** Called for every URL that is opened in the browser. */
  browser?: (url: string) => Promise<void>;
  cwd?: string;
  stdin?: string;
  /** The current time. Default: the real time. */
  now?: () => Date;
  /** Called instead of waiting. */
  sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  signal?: AbortSignal;
  self?: Io['self'];
  /** Resolves host names. Default: no name resolves. */
  lookup?: (host: string) => Promise<string[]>;
  /** The shell that started the program. */
  parentProgram?: string;
  textRecords?: (name: string) => Promise<string[]>;
}

export interface TestIo extends Io {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly asked: string[];
  readonly opened: string[];
  readonly spawned: { file: string; args: readonly string[]; env: Record<string, string | undefined> }[];
}

const temporary: string[] = [];

export function makeTempDir(): string {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'zkubectl-test-'));
  temporary.push(dir);
  return dir;
}

export function removeTempDirs(): void {
  for (const dir of temporary.splice(0)) fs.rmSync(dir, { recursive: true, force: true, maxRetries: 3 });
}

export function createTestIo(options: TestIoOptions = {}): TestIo {
  const home = options.home ?? makeTempDir();
  const tty = options.tty ?? false;
  const answers = [...(options.answers ?? [])];
  const stderr = new TextSink();
  const asked: string[] = [];
  const opened: string[] = [];
  const spawned: TestIo['spawned'] = [];
  const next = async (question: string): Promise<Answer> => {
    asked.push(question);
    const answer = answers.shift();
    if (answer === undefined) throw new Error(`the test has no answer for: ${question}`);
    await answer.meanwhile?.();
    if ('leave' in answer) {
      const { InterruptedError } = await import('../../src/errors.ts');
      throw new InterruptedError('cancelled; nothing changed');
    }
    return answer;
  };
  return {
    stdin: Readable.from(options.stdin === undefined ? [] : [options.stdin]),
    stdout: new TextSink(),
    stderr,
    isPiped: options.stdin !== undefined,
    isTTY: { stdin: tty && options.stdin === undefined, stdout: tty, stderr: tty },
    hasTerminal: options.hasTerminal ?? tty,
    columns: options.columns ?? 80,
    env: { PATH: '/nonexistent', HOME: home, BROWSER: '/bin/true', ...options.env },
    cwd: options.cwd ?? home,
    home,
    platform: process.platform,
    arch: process.arch,
    runtime: `Node.js ${process.versions.node}`,
    cores: 2,
    maxOpenFiles: () => Promise.resolve(options.maxOpenFiles ?? Number.POSITIVE_INFINITY),
    parentProgram: options.parentProgram,
    self: options.self ?? { file: '/opt/zkubectl/bin/zkubectl', args: [] },
    signal: options.signal ?? new AbortController().signal,
    asked,
    opened,
    spawned,
    prompt: {
      pick: async <T>(message: string, choices: readonly Choice<T>[]) => {
        const answer = await next(message);
        if (!('pick' in answer)) throw new Error(`a pick was asked for: ${message}`);
        const matches = (name: string) =>
          typeof answer.pick === 'string' ? name.includes(answer.pick) : answer.pick.test(name);
        const found = choices.find(choice => matches(choice.name));
        if (!found) throw new Error(`no such choice among:\n${choices.map(c => c.name).join('\n')}`);
        return found.value;
      },
      pickSeveral: async <T>(message: string, choices: readonly Choice<T>[]) => {
        const answer = await next(message);
        if (!('pickSeveral' in answer)) throw new Error(`several picks were asked for: ${message}`);
        return answer.pickSeveral.map(name => {
          const found = choices.find(choice => choice.name.includes(name));
          if (!found) throw new Error(`no such choice among:\n${choices.map(c => c.name).join('\n')}`);
          return found.value;
        });
      },
      confirm: async message => {
        const answer = await next(message);
        if (!('confirm' in answer)) throw new Error(`a yes or no was asked for: ${message}`);
        return answer.confirm;
      },
      secret: async message => {
        const answer = await next(message);
        if (!('input' in answer)) throw new Error(`a secret was asked for: ${message}`);
        return answer.input;
      },
      input: async message => {
        const answer = await next(message);
        if (!('input' in answer)) throw new Error(`words were asked for: ${message}`);
        return answer.input;
      },
    },
    now: options.now ?? (() => new Date()),
    sleep: options.sleep ?? realSleep,
    openBrowser: async (_argv, url) => {
      opened.push(url);
      if (options.browser === undefined) return;
      options.browser(url).catch(() => undefined);
    },
    spawn: async (file, args, given) => {
      // As the system does: a child is in our folder.
      const spawnOptions = { cwd: options.cwd ?? home, ...given };
      const env = { ...(spawnOptions.env ?? {}) };
      spawned.push({ file, args, env });
      const onStderr = spawnOptions.onStderr;
      if (onStderr === undefined) return run(file, args, env, spawnOptions);
      return run(file, args, env, {
        ...spawnOptions,
        onStderr: text => {
          stderr.write(Buffer.from(text, 'latin1'));
          onStderr(text);
        },
      });
    },
    startDaemon: async () => ({ hasEnded: () => true }),
    onExit: () => () => undefined,
    textRecords: options.textRecords ?? (async name => Promise.reject(dnsError('ENOTFOUND', name))),
    lookup: options.lookup ?? (async host => Promise.reject(dnsError('ENOTFOUND', host))),
  };
}

function realSleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

function run(
  file: string,
  args: readonly string[],
  env: Record<string, string | undefined>,
  options: SpawnOptions = {},
): Promise<SpawnResult> {
  return new Promise((resolve, reject) => {
    const child = nodeSpawn(file, [...args], { env: env as NodeJS.ProcessEnv, stdio: ['pipe', 'pipe', 'pipe'] });
    let stdout = '';
    let stderr = '';
    child.stdin.on('error', () => undefined);
    Promise.resolve(options.input).then(
      input => child.stdin.end(input),
      () => child.stdin.destroy(),
    );
    const limit =
      options.timeoutMs === undefined ? undefined : setTimeout(() => child.kill('SIGKILL'), options.timeoutMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      options.onStdout?.(text);
      stdout += text;
    });
    child.stderr.on('data', (text: Buffer) => {
      options.onStderr?.(text.toString('latin1'));
      options.onCapturedStderr?.(text.toString());
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(limit);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

export interface RunResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly io: TestIo;
}

/** One command line through main(). */
export async function runMain(argv: readonly string[], options: TestIoOptions = {}): Promise<RunResult> {
  const io = createTestIo(options);
  const code = await main(argv, io);
  return { code, stdout: io.stdout.text, stderr: io.stderr.text, io };
}
