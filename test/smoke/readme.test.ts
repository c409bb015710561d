/**
 * The shell blocks of README and docs, as they stand, in a shell that uses the sandbox. A comment before a block says why it is not run, or that it needs
 * a new home.
 */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { cleanEnv, putOnPath, run, sandboxEnv, start } from '../support/program.ts';

let base: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  putOnPath(base);
  expect(await run(['sandbox', 'up', '--detach'], base)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});

/** The shell blocks below a heading. */
function blocks(heading: string): string[] {
  const readme = fs.readFileSync(path.resolve('README.md'), 'utf8');
  const [, section = ''] = new RegExp(`^## ${heading}$([\\s\\S]*?)^## `, 'm').exec(readme) ?? [];
  return [...section.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, code = '']) => code);
}

/** Each line must succeed. */
const bash = (code: string, env: Record<string, string>) => start(['-ec', code], env, '/bin/bash', []).ended;

test('the first five minutes', async () => {
  const [code = ''] = blocks('First five minutes');
  expect(code).toContain('zkubectl login foobarlab');
  const alice = await sandboxEnv(base, '--user', 'alice');
  // `use abckub` is followed by kubectl: on a terminal it would log in by itself.
  const withLogin = code.replace('zkubectl ns shop', 'zkubectl login abckub\nzkubectl ns shop');
  const { code: exit, stdout, stderr } = await bash(withLogin, alice);
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
  expect(stdout).toMatch(/foobarlab[\s\S]*checkout-/);
});

test('a CI job: a client secret, and a token file', async () => {
  const [tokenFile = '', clientSecret = ''] = blocks('In a CI job');
  const secret = (await sandboxEnv(base, '--ci'))['ZKUBECTL_AUTH_CLIENT_SECRET_FILE'] ?? '';
  // A job has nothing but the configuration: no login of its own.
  const job = { ...(await sandboxEnv(base)), KUBECONFIG: path.join(base['HOME'] ?? '', 'job-kubeconfig'), CI: 'true' };
  const withSecret = clientSecret.replace('/var/run/secrets/client', secret);
  expect(withSecret).not.toBe(clientSecret);
  const first = await bash(`${withSecret}\nzkubectl token >"$HOME/token"`, job);
  expect({ code: first.code, stderr: first.stderr }).toMatchObject({ code: 0 });
  expect(first.stdout).toMatch(/^hello-\S+ +1\/1 +Running/m);
  const second = await bash(tokenFile.replace('/var/run/secrets/token', `${base['HOME']}/token`), job);
  expect({ code: second.code, stderr: second.stderr }).toMatchObject({ code: 0 });
});

/** Lines that wait for somebody, or go on until Ctrl-C: other tests run them. */
const WAITING = /^zkubectl (emergency|cluster-access approve|tunnel|logtail|logout) /;

test('the cheat sheet', async () => {
  const [, sheet = ''] =
    /```sh\n([\s\S]*?)```/.exec(fs.readFileSync(path.resolve('docs/cheat-sheet.md'), 'utf8')) ?? [];
  const lines = sheet
    .split('\n')
    .map(line => line.replace(/ +# .*$/, '').trim())
    .filter(line => line !== '' && !line.startsWith('#') && !WAITING.test(line));
  expect(lines.length).toBeGreaterThan(15);
  const alice = { ...(await sandboxEnv(base, '--user', 'alice')), EDITOR: 'true' };
  for (const cluster of ['foobarlab-test', 'foobarlab'])
    expect(await run(['login', cluster], alice)).toMatchObject({ code: 0 });
  // What changes something is tried where everybody may.
  const isChange = (line: string) => /zkubectl (restart-pods|traffic|edit)/.test(line);
  for (const cluster of ['foobarlab', 'foobarlab-test']) {
    expect(await run(['use', cluster, '-n', 'shop'], alice)).toMatchObject({ code: 0 });
    for (const line of lines.filter(line => isChange(line) === (cluster === 'foobarlab-test'))) {
      const { code, stderr } = await bash(line.replace('edit deployment', '--yes edit deployment'), alice);
      expect({ line, code, stderr }).toMatchObject({ line, code: 0 });
    }
  }
});

interface Block {
  readonly place: string;
  readonly code: string;
  /** `a new home`, `the fleet`; empty: the sandbox of this file. */
  readonly where: string;
}

/** The `sh` blocks of README and docs that are run. The cheat sheet has its own test; the reference has the examples of the help. */
const BLOCKS: readonly Block[] = ['README.md', ...fs.readdirSync('docs').map(name => `docs/${name}`)]
  .filter(file => file.endsWith('.md') && !/(cheat-sheet|reference)\.md$/.test(file))
  .flatMap(file => {
    const text = fs.readFileSync(file, 'utf8');
    return [...text.matchAll(/(?:<!-- (not run|run in): ([^>]+) -->\n)?^```sh\n([\s\S]*?)^```/gm)]
      .filter(([, marker]) => marker !== 'not run')
      .map(([, , where = '', code = ''], index) => ({ place: `${file}, block ${index + 1}`, code, where }));
  });

test('the blocks are found', () => {
  expect(BLOCKS.length).toBeGreaterThan(12);
  expect(BLOCKS.filter(block => block.where === 'a new home')).toHaveLength(2);
  expect(BLOCKS.filter(block => block.where === 'the fleet')).toHaveLength(8);
});

describe('many clusters', () => {
  let fleet: Record<string, string>;
  beforeAll(async () => {
    const home = cleanEnv();
    putOnPath(home);
    expect(await run(['sandbox', 'up', '--detach', '--clusters', '24', '--broken', '4'], home)).toMatchObject({
      code: 0,
    });
    fleet = await sandboxEnv(home, '--user', 'alice');
    expect(await run(['login', '--all'], fleet)).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await run(['sandbox', 'down', '--delete'], fleet);
  });

  test.each(BLOCKS.filter(block => block.where === 'the fleet'))('$place', async ({ code }) => {
    const { code: exit, stdout, stderr } = await bash(`cd "$HOME"\n${code}`, fleet);
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    if (code.includes('{.spec.template'))
      expect(stdout).toContain('== 2 clusters: catalog, payment-test\nregistry.example.org/shop/cart:0.18.0\n');
    if (code.includes('@failed')) expect(stdout.match(/^(orders|returns)-test$/gm)).toHaveLength(2);
  });
});

test.each(BLOCKS.filter(block => block.where !== 'the fleet'))('$place', async ({ code, where }) => {
  if (where === 'a new home') {
    const home = cleanEnv();
    putOnPath(home);
    const { code: exit, stderr } = await bash(code, home);
    expect({ exit, stderr }).toMatchObject({ exit: 0 });
    return;
  }
  const alice = await sandboxEnv(base, '--user', 'alice');
  for (const cluster of ['foobarlab', 'foobarlab-test'])
    expect(await run(['login', cluster], alice)).toMatchObject({ code: 0 });
  expect(await run(['use', 'foobarlab-test', '-n', 'shop'], alice)).toMatchObject({ code: 0 });
  const bin = path.join(base['HOME'] ?? '', 'bin', 'zkubectl');
  const env = { ...alice, EDITOR: 'true', ZKUBECTL_BIN: bin };
  // Nobody is there to answer `edit`.
  const { code: exit, stderr } = await bash(
    `cd "$HOME"\n${code.replace('edit deployment', '--yes edit deployment')}`,
    env,
  );
  expect({ exit, stderr }).toMatchObject({ exit: 0 });
});
