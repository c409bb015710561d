/** Pickers, prompts and Ctrl-C through a pseudo-terminal. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { manyClusters, saveSnapshot } from '../support/many-clusters.ts';
import { cleanEnv, PROGRAM, run, sandboxEnv } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';
import { openTerminal } from '../support/terminal.ts';

let base: Record<string, string>;
let alice: Record<string, string>;
beforeAll(async () => {
  base = cleanEnv();
  await run(['sandbox', 'up', '--detach'], base);
  alice = await sandboxEnv(base, '--user', 'alice');
  expect(await run(['login', 'foobarlab'], alice)).toMatchObject({ code: 0 });
});
afterAll(async () => {
  await run(['sandbox', 'down', '--delete'], base);
});

const terminal = (argv: string[], env = alice, cols?: number) => openTerminal(argv, env, cols);

const current = () => /current-context: "?([\w-]+)/.exec(fs.readFileSync(alice['KUBECONFIG'] ?? '', 'utf8'))?.[1];

describe('on a terminal', () => {
  test('use: type to filter, Enter to pick', async () => {
    const t = terminal(['use']);
    await t.shows(/switch to which cluster\?/);
    await t.shows(/foobarlab-test/);
    t.child.write('abckub test');
    await t.shows(/❯ abckub-test +test/);
    t.child.write('\r');
    expect(await t.ended).toBe(0);
    expect(t.text()).toContain('switched to abckub-test, namespace default');
    expect(current()).toBe('abckub-test');
  });

  test('use: the cluster that was left comes first, the current one is marked, production is red, and no line wraps at 40 columns', async () => {
    expect(await run(['use', 'abckub-test'], alice)).toMatchObject({ code: 0 });
    expect(await run(['use', 'foobarlab'], alice)).toMatchObject({ code: 0 });
    const t = terminal(['use'], alice, 40);
    await t.shows(/❯ abckub-test/);
    await t.shows(/foobarlab \(current\)/);
    expect(t.raw()).toContain('\x1b[31mproduction');
    const lines = [...t.text().matchAll(/^[❯ ] [^?\r\n]*(production|test)[^?\r\n]*/gm)].map(([line]) => line);
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
    t.child.write('\r');
    expect(await t.ended).toBe(0);
    expect(current()).toBe('abckub-test');
  });

  test('a question goes on after Ctrl-Z and fg', async () => {
    const t = openTerminal(['--norc', '-i'], { ...alice, PS1: 'shell> ' }, 80, ['/bin/bash']);
    await t.shows(/shell> /);
    t.child.write(`${PROGRAM.join(' ')} use\r`);
    await t.shows(/switch to which cluster\?[\s\S]*abckub-test/);
    t.child.write('\x1a');
    await t.shows(/Stopped/);
    t.child.write('fg\r');
    await t.shows(/Stopped[\s\S]*fg\s/);
    t.child.write('abckub test');
    await t.shows(/❯ abckub-test/);
    t.child.write('\r');
    await t.shows(/switched to abckub-test/);
    t.child.write('exit\r');
    expect(await t.ended).toBe(0);
  });

  test('sandbox drill: a step is done when its effect is seen; Ctrl-C ends it, and nothing is left', async () => {
    const dir = makeTempDir();
    const t = terminal(['sandbox', 'drill'], { ...base, TMPDIR: dir });
    await t.shows(/1\/12 Log in [\s\S]*press Enter for: zkubectl login foobarlab\s+\? zkubectl/);
    t.child.write('list\r');
    await t.shows(/this step is not done yet[\s\S]*\? zkubectl\s*$/);
    t.child.write('\r');
    await t.shows(/logged in to foobarlab \(production\)/);
    await t.shows(/2\/12 Which clusters/);
    await t.shows(/zkubectl list\s+\? zkubectl/);
    t.child.write('\x03');
    expect(await t.ended).toBe(130);
    expect(fs.readdirSync(dir)).toEqual([]);
  });

  test('names of contexts and files cannot steer the terminal from a question', async () => {
    const evil = '\x1b]0;evil\x07\x1b[2J\u202e';
    const dir = makeTempDir();
    const kubeconfig = path.join(dir, 'config');
    const context = { name: `a${evil}b`, context: { cluster: 'c', user: 'u' } };
    fs.writeFileSync(
      kubeconfig,
      JSON.stringify({
        apiVersion: 'v1',
        kind: 'Config',
        contexts: [context, { ...context, name: 'plain' }],
        clusters: [{ name: 'c', cluster: { server: 'https://x' } }],
        users: [{ name: 'u', user: {} }],
      }),
    );
    for (const plain of [{}, { ZKUBECTL_PLAIN: '1' }]) {
      const t = terminal(['use', '--kubeconfig', kubeconfig], { ...alice, ...plain });
      await t.shows(/a\\x1b]0;evil\\x07\\x1b\[2J\\u202eb/);
      expect([t.raw().includes('\x1b]0;evil'), t.raw().includes('\u202e')]).toEqual([false, false]);
      t.child.write('\x03');
      await t.ended;
    }
    const file = path.join(dir, `a${evil}b.yaml`);
    fs.writeFileSync(file, 'a: 1\n');
    const editor = path.join(dir, 'editor');
    writeProgram(editor, 'echo "b: 2" >> "$1"');
    const t = terminal(['diffedit', file], { ...alice, EDITOR: editor }, 200);
    await t.shows(/write this to a\\x1b]0;evil/);
    expect([t.raw().includes('\x1b]0;evil'), t.raw().includes('\u202e')]).toEqual([false, false]);
    t.child.write('\x03');
    await t.ended;
  });

  test('use with NO_COLOR: no colour', async () => {
    const t = terminal(['use'], { ...alice, NO_COLOR: '1' });
    await t.shows(/foobarlab/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal gets
    expect(t.raw()).not.toMatch(/\x1b\[3[0-7]m/);
    t.child.write('\x1b');
    expect(await t.ended).toBe(130);
  });

  test('use with ZKUBECTL_PLAIN: a numbered list, and nothing is redrawn', async () => {
    expect(await run(['use', 'foobarlab'], alice)).toMatchObject({ code: 0 });
    const t = terminal(['use'], { ...alice, ZKUBECTL_PLAIN: '1' });
    await t.shows(/foobarlab \(current\), production, stable[\s\S]*number, or part of a name/);
    t.child.write('abckub\r');
    await t.shows(/1\. abckub, production[\s\S]*2\. abckub-test, test[\s\S]*number, or part/);
    t.child.write('2\r');
    expect(await t.ended).toBe(0);
    expect(current()).toBe('abckub-test');
  });

  test.each([
    ['an empty answer', '\r'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('use with ZKUBECTL_PLAIN: %s leaves all as it was: 130', async (_name, key) => {
    const before = fs.readFileSync(alice['KUBECONFIG'] ?? '');
    const t = terminal(['use'], { ...alice, ZKUBECTL_PLAIN: '1' });
    await t.shows(/number, or part of a name/);
    t.child.write(key);
    expect(await t.ended).toBe(130);
    expect(fs.readFileSync(alice['KUBECONFIG'] ?? '')).toEqual(before);
  });

  test('use with 10,000 clusters: found by a few letters', async () => {
    const home = makeTempDir();
    const origin = /registry:\n +url: (\S+)/.exec(fs.readFileSync(alice['ZKUBECTL_CONFIG'] ?? '', 'utf8'))?.[1] ?? '';
    saveSnapshot(path.join(home, 'zkubectl'), origin, manyClusters(10_000));
    const t = terminal(['use'], {
      ...alice,
      ZKUBECTL_CACHE_DIR: path.join(home, 'zkubectl'),
      ZKUBECTL_STATE_DIR: path.join(home, 'zkubectl'),
      KUBECONFIG: path.join(home, 'none'),
    });
    await t.shows(/team-0/);
    await t.shows(/10000 · type to filter · ↑↓ PgUp PgDn Home End · Enter picks · Esc cancels/);
    t.child.write('\x1b[F');
    await t.shows(/❯ team-9999 /);
    t.child.write('\x1b[5~');
    await t.shows(/❯ team-9988 /);
    t.child.write('\x1b[H');
    await t.shows(/❯ team-0 /);
    t.child.write('\x1b[6~');
    await t.shows(/❯ team-1008 /);
    t.child.write('\x1b[B\x1b[A');
    t.child.write('tm4711');
    await t.shows(/\d+ of 10000 · type to filter/);
    await t.shows(/❯ team-4711 +test/);
    t.child.write('\x1b');
    expect(await t.ended).toBe(130);
  });

  test.each([
    ['Esc', '\x1b'],
    ['Ctrl-C', '\x03'],
    ['Ctrl-D', '\x04'],
  ])('%s leaves all as it was: 130', async (_name, key) => {
    const before = fs.readFileSync(alice['KUBECONFIG'] ?? '');
    const t = terminal(['use'], alice, 40);
    await t.shows(/foobarlab-test/);
    t.child.write(key);
    expect(await t.ended).toBe(130);
    expect(t.text()).toMatch(/^zkubectl: error: cancelled; nothing changed$/m);
    expect(fs.readFileSync(alice['KUBECONFIG'] ?? '')).toEqual(before);
  });

  test.each([
    ['words', ['cluster-update', 'block', '--cluster', 'foobarlab'], /why block updates|reason/],
    ['a yes', ['cluster-update', 'block', '--cluster', 'abckub', '--reason', 'again'], /overwrite/],
  ])('Ctrl-D where %s is asked for: 130, and nothing is done', async (_what, argv, question) => {
    expect(await run(['use', 'foobarlab'], alice)).toMatchObject({ code: 0 });
    await run(['cluster-update', 'block', '--cluster', 'abckub', '--reason', 'first', '--yes'], alice);
    const t = terminal(argv);
    await t.shows(question);
    t.child.write('\x04');
    expect(await t.ended).toBe(130);
    expect(t.text()).toContain('cancelled; nothing changed');
    const status = await run(['cluster-update', 'status', '--cluster', 'abckub'], alice);
    expect(status.stdout).toContain('first');
  });

  test.each([
    ['Ctrl-C', '\x03'],
    ['Esc', '\x1b'],
  ])('edit: %s at the question is 130, and nothing is applied', async (_name, key) => {
    const editor = path.join(makeTempDir(), 'editor');
    writeProgram(editor, 'sed -i "s/log.level: .*/log.level: never/" "$1"');
    const env = { ...alice, EDITOR: editor };
    expect(await run(['login', 'foobarlab-test'], alice)).toMatchObject({ code: 0 });
    const t = terminal(['edit', 'configmap/checkout-config', '-n', 'shop'], env);
    await t.shows(/apply this to foobarlab-test/);
    t.child.write(key);
    expect(await t.ended).toBe(130);
    const got = await run(['get', 'configmap/checkout-config', '-n', 'shop', '-o', 'yaml'], env);
    expect([got.code, got.stdout.includes('never')]).toEqual([0, false]);
  });

  test('ns: a picker of the namespaces of the cluster', async () => {
    expect(await run(['use', 'foobarlab'], alice)).toMatchObject({ code: 0 });
    const t = terminal(['ns']);
    await t.shows(/namespace in foobarlab\?/);
    t.child.write('shop');
    await t.shows(/❯ shop/);
    t.child.write('\r');
    expect(await t.ended).toBe(0);
    expect(fs.readFileSync(alice['KUBECONFIG'] ?? '', 'utf8')).toContain('namespace: shop');
  });

  test('approve asks, and no is no', async () => {
    const asked = await run(
      ['cluster-access', 'request', '--cluster', 'foobarlab', '--no-wait-for-approval', 'why'],
      alice,
    );
    expect(asked.code).toBe(0);
    const bob = await sandboxEnv(base, '--user', 'bob');
    expect(await run(['login', 'foobarlab'], bob)).toMatchObject({ code: 0 });
    const t = terminal(['cluster-access', 'approve', asked.stdout.trim()], bob);
    await t.shows(/approve the request of alice on foobarlab\? \(y\/N\)/);
    t.child.write('n\r');
    expect(await t.ended).toBe(1);
    expect(t.text()).toContain('not confirmed; nothing was decided');
    expect((await run(['cluster-access', 'list', '--request-key', asked.stdout.trim()], bob)).stdout).toContain(
      'PENDING',
    );
  });

  test('waiting for an approval shows the time left on one line, and Ctrl-C ends it: 130', async () => {
    const t = terminal(['cluster-access', 'request', '--cluster', 'abckub', 'why']);
    await t.shows(/9m 5\ds left, waiting for the approval of \d+/);
    t.child.write('\x03');
    expect(await t.ended).toBe(130);
  });

  test('kubectl has the terminal, and Ctrl-C is its own', async () => {
    const dir = makeTempDir();
    const script =
      "#!/bin/sh\ntrap 'echo caught; exit 7' INT\n[ -t 0 ] && [ -t 1 ] && echo 'on a terminal'\nwhile :; do sleep 0.05; done\n";
    fs.writeFileSync(path.join(dir, 'kubectl'), script, { mode: 0o755 });
    const t = terminal(['exec', '-it', 'pod', '--', 'sh'], { ...alice, PATH: `${dir}:${alice['PATH']}` });
    await t.shows(/on a terminal/);
    t.child.write('\x03');
    expect(await t.ended).toBe(7);
    expect(t.text().match(/caught/g)).toHaveLength(1);
    expect(t.text()).not.toContain('zkubectl:');
  });

  test('delete on production asks the cluster first: without access it says no, and nothing is asked', async () => {
    const t = terminal(['delete', 'pod', 'orders-db-0', '-n', 'shop', '--context', 'foobarlab']);
    expect(await t.ended).toBe(1);
    expect(t.text()).toContain('(Forbidden)');
    expect(t.text()).not.toContain('type foobarlab');
  });

  test('colour by default, none with NO_COLOR', async () => {
    const coloured = terminal(['list']);
    expect([await coloured.ended, coloured.raw().includes('\x1b[31mproduction')]).toEqual([0, true]);
    const plain = terminal(['list'], { ...alice, NO_COLOR: '1' });
    expect([await plain.ended, plain.raw().includes('\x1b')]).toEqual([0, false]);
  });
});
