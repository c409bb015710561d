// A simulated company for the demo and the recording: the sandbox, users with their own shells, the real program and a real kubectl. Everything is
// in a temporary folder that is deleted at the end. The environment variables of the real user have no effect.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { realKubectl } from './kubectl.mjs';

export const ZKUBECTL = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'zkubectl.js');

export class Failed extends Error {}

/** Returns a command's result, or throws Failed when it is not as expected. */
export function expect(result, code, pattern, what) {
  if (result.code !== code)
    throw new Failed(`${what}: exit code ${result.code ?? result.signal}, expected ${code}\n${result.output}`);
  if (pattern && !pattern.test(result.output))
    throw new Failed(`${what}: the output does not match ${pattern}\n${result.output}`);
  return result;
}

/** `show` is called with a command's output as it arrives, unless the command runs with `quiet`. */
export async function makeCompany(show = () => {}) {
  const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-demo-'));
  const base = {
    PATH: process.env.PATH,
    HOME: home,
    ZKUBECTL_KUBECTL_PATH: await realKubectl(),
    ZKUBECTL_SANDBOX_DIR: path.join(home, 'sandbox'),
  };
  for (const name of ['SystemRoot', 'TMPDIR', 'TEMP']) if (process.env[name]) base[name] = process.env[name];

  function run(env, args, { quiet = false } = {}) {
    return new Promise((resolve, reject) => {
      const child = spawn(process.execPath, [ZKUBECTL, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
      let output = '';
      for (const stream of [child.stdout, child.stderr]) {
        stream.setEncoding('utf8').on('data', text => {
          output += text;
          if (!quiet) show(text);
        });
      }
      const timer = setTimeout(() => child.kill('SIGKILL'), 150_000);
      child.on('error', reject);
      child.on('close', (code, signal) => {
        clearTimeout(timer);
        resolve({ code, signal, output });
      });
    });
  }

  return {
    home,
    base,
    run,

    async up(...flags) {
      expect(await run(base, ['sandbox', 'up', '--detach', ...flags]), 0, /sandbox is up/, 'sandbox up');
    },

    /** The environment of a user's shell. */
    async userEnv(name) {
      const { output } = expect(
        await run(base, ['sandbox', 'env', '--user', name], { quiet: true }),
        0,
        /export KUBECONFIG/,
        'sandbox env',
      );
      const env = { ...base };
      for (const [, key, value] of output.matchAll(/^export (\w+)='(.*)'$/gm)) env[key] = value;
      return env;
    },

    /** Waits for an open access request and returns its key. */
    async openRequestKey(env) {
      const until = Date.now() + 60_000;
      for (;;) {
        const { output } = await run(env, ['cluster-access', 'list', '-o', 'json'], { quiet: true });
        const key = /"request_key":\s*"(\d+)"/.exec(output)?.[1];
        if (key) return key;
        if (Date.now() > until) throw new Failed(`no open access request found\n${output}`);
        await new Promise(resolve => setTimeout(resolve, 200));
      }
    },

    /** Stops the sandbox and deletes the folder. */
    async end() {
      const down = await run(base, ['sandbox', 'down']);
      rmSync(home, { recursive: true, force: true });
      expect(down, 0, undefined, 'sandbox down');
    },
  };
}
