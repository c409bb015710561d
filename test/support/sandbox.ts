/** A sandbox for tests, and simulated users that call main() against it. */
import fs from 'node:fs';
import path from 'node:path';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';
import { type Send, signIn } from '../../src/sandbox/sign-in.ts';
import { TestClock } from './clock.ts';
import { makeTempDir, type RunResult, runMain, type TestIoOptions } from './io.ts';

export async function testSandbox(options: Partial<SandboxOptions> = {}): Promise<Sandbox> {
  return startSandbox({
    dir: path.join(makeTempDir(), 'sandbox'),
    now: clock.now,
    grantTtlMs: 900_000,
    tokenTtlSeconds: 900,
    ...options,
  });
}

/** Sends one request like a browser, without following redirects. */
export const sendByFetch: Send = async ({ method, url, headers, body }) => {
  const response = await fetch(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) });
  const location = response.headers.get('location');
  return {
    status: response.status,
    headers: { 'set-cookie': response.headers.getSetCookie(), ...(location === null ? {} : { location }) },
    body: Buffer.from(await response.arrayBuffer()),
  };
};

/** Signs in on the sandbox's page like a browser. */
export function browseAs(user: string, url: string): Promise<void> {
  return signIn(sendByFetch, url, user);
}

export interface Person {
  readonly home: string;
  readonly kubeconfig: string;
  readonly env: Record<string, string>;
  run(...argv: string[]): Promise<RunResult>;
  /** Like `run`, with additional options: a terminal, answers, environment variables. */
  runWith(options: TestIoOptions, ...argv: string[]): Promise<RunResult>;
}

/** The default clock of sandboxes and their users. */
export const clock = new TestClock();

/** A user with their own home folder, configured for the sandbox. */
export function person(sandbox: Sandbox, user: string, extraEnv: Record<string, string> = {}): Person {
  const home = makeTempDir();
  const kubeconfig = path.join(home, '.kube', 'config');
  const configFile = path.join(home, '.config', 'zkubectl', 'config.yaml');
  fs.mkdirSync(path.dirname(configFile), { recursive: true });
  fs.copyFileSync(sandbox.info.configFile, configFile);
  const env = { HOME: home, PATH: '/nonexistent', ...extraEnv };
  const runWith: Person['runWith'] = (options, ...argv) =>
    runMain(argv, {
      home,
      now: clock.now,
      browser: url => browseAs(user, url),
      ...options,
      env: { ...env, ...options.env },
    });
  return { home, kubeconfig, env, runWith, run: (...argv) => runWith({}, ...argv) };
}

/** Sets the expiry of all stored tokens of a user to `seconds` from now. */
export function endTokensIn(seconds: number, { home }: Pick<Person, 'home'>): void {
  const end = Math.floor(clock.now().getTime() / 1000) + seconds;
  const files = filesBelow(path.join(home, '.local', 'state', 'zkubectl', 'tokens'));
  if (files.length === 0) throw new Error('there are no tokens');
  for (const file of files) {
    const stored = JSON.parse(fs.readFileSync(file, 'utf8')) as { tokens: Record<string, unknown> };
    Object.assign(stored.tokens, { idExpiresAt: end, accessExpiresAt: end });
    fs.writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
  }
}

/** Every file below a folder, as paths. */
export function filesBelow(dir: string): string[] {
  if (!fs.existsSync(dir)) return [];
  return fs
    .readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter(e => e.isFile())
    .map(e => path.join(e.parentPath, e.name));
}
