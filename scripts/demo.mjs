// The emergency, told by the real program and a real kubectl against the sandbox. Every line shown is what they print. It ends with an error when a
// step is not what it says. Nothing of the user's is touched: all of it happens in a folder that is deleted at the end.
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { realKubectl } from './kubectl.mjs';

const zkubectl = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', 'bin', 'zkubectl.js');
const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-demo-'));
const sandbox = path.join(home, 'sandbox');
const GRANT_SECONDS = 30;
const colour = process.stdout.isTTY && !process.env.NO_COLOR;
const paint = (code, text) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);

/** A shell of its own: only what the demo puts into it, so that no variable of the user's leads elsewhere. */
const base = {
  PATH: process.env.PATH,
  HOME: home,
  ZKUBECTL_KUBECTL_PATH: await realKubectl(),
  ZKUBECTL_SANDBOX_DIR: sandbox,
};
for (const name of ['SystemRoot', 'TMPDIR', 'TEMP']) if (process.env[name]) base[name] = process.env[name];

class Failed extends Error {}

function tell(text) {
  console.log(`\n${paint('1', `# ${text}`)}`);
}

/** Runs a command and shows what it prints, as it comes. */
function run(env, args, { quiet = false } = {}) {
  if (!quiet) console.log(paint('36', `$ zkubectl ${args.join(' ')}`));
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [zkubectl, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', text => {
        output += text;
        if (!quiet) process.stdout.write(text);
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

function expect(result, code, pattern, what) {
  if (result.code !== code)
    throw new Failed(`${what}: exit code ${result.code ?? result.signal}, expected ${code}\n${result.output}`);
  if (pattern && !pattern.test(result.output))
    throw new Failed(`${what}: the output does not match ${pattern}\n${result.output}`);
  return result;
}

async function userEnv(name) {
  const { output } = expect(
    await run(base, ['sandbox', 'env', '--user', name], { quiet: true }),
    0,
    /export KUBECONFIG/,
    'sandbox env',
  );
  const env = { ...base };
  for (const [, key, value] of output.matchAll(/^export (\w+)='(.*)'$/gm)) env[key] = value;
  return env;
}

async function story() {
  tell('A company on this machine: issuer, registry, access service, four clusters. Nothing here is real.');
  expect(
    await run(base, ['sandbox', 'up', '--detach', '--grant-ttl', String(GRANT_SECONDS)]),
    0,
    /sandbox is up/,
    'sandbox up',
  );
  const alice = await userEnv('alice');
  const bob = await userEnv('bob');

  tell('Alice logs in, once. (Her browser signs in by itself here.)');
  expect(await run(alice, ['login', 'foobarlab']), 0, /logged in to foobarlab \(production\)/, 'login');

  tell('Which clusters are there?');
  expect(await run(alice, ['list']), 0, /foobarlab +production/, 'list');

  tell('The checkout is down, so she goes to its production cluster. Everything else is kubectl.');
  expect(await run(alice, ['use', 'foobarlab', '-n', 'shop']), 0, /switched to foobarlab, namespace shop/, 'use');
  const pods = expect(await run(alice, ['get', 'pods']), 0, /checkout-\S+ +2\/2 +Running/, 'get pods');
  const pod = /^(checkout-\S+)/m.exec(pods.output)?.[1];

  tell('Production is read-only.');
  expect(await run(alice, ['delete', 'pod', pod, '--yes']), 1, /Forbidden/, 'delete without access');

  tell('It is an incident: she asks for emergency access, and bob approves it.');
  const request = run(alice, ['emergency', '-i', 'INC-1234', 'checkout', 'is', 'down']);
  const key = await openRequestKey(alice);
  expect(await run(bob, ['login', 'foobarlab'], { quiet: true }), 0, /logged in/, "bob's login");
  expect(await run(bob, ['cluster-access', 'approve', key, '--yes']), 0, /is approved/, 'approve');
  expect(await request, 0, /granted: you may write on foobarlab/, 'emergency');

  tell('The very same command now works.');
  expect(await run(alice, ['delete', 'pod', pod, '--yes', '--wait=false']), 0, /deleted/, 'delete with access');

  tell('How long does it last?');
  expect(await run(alice, ['whoami']), 0, /ends in \d+s/, 'whoami');

  tell('It ends by itself.');
  const until = Date.now() + (GRANT_SECONDS + 60) * 1000;
  while (!/^no\b/m.test((await run(alice, ['auth', 'can-i', 'delete', 'pods'], { quiet: true })).output)) {
    if (Date.now() > until) throw new Failed('the grant did not end');
    await new Promise(resolve => setTimeout(resolve, 500));
  }
  const next = /^(checkout-\S+)/m.exec(
    expect(await run(alice, ['get', 'pods']), 0, /checkout/, 'get pods').output,
  )?.[1];
  expect(await run(alice, ['delete', 'pod', next, '--yes']), 1, /Forbidden/, 'delete after the grant');
}

/** The key of the request that is open, as soon as there is one. */
async function openRequestKey(env) {
  const until = Date.now() + 60_000;
  for (;;) {
    const { output } = await run(env, ['cluster-access', 'list', '-o', 'json'], { quiet: true });
    const key = /"request_key":\s*"(\d+)"/.exec(output)?.[1];
    if (key) return key;
    if (Date.now() > until) throw new Failed(`no request came up\n${output}`);
    await new Promise(resolve => setTimeout(resolve, 200));
  }
}

let failure;
try {
  await story();
} catch (error) {
  failure = error;
} finally {
  tell('And that was it.');
  const down = await run(base, ['sandbox', 'down']);
  failure ??= down.code === 0 ? undefined : new Failed(`sandbox down: exit code ${down.code}`);
  rmSync(home, { recursive: true, force: true });
}
if (failure) {
  console.error(paint('31', `\nthe demo failed: ${failure.message}`));
  process.exitCode = 1;
}
