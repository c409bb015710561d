/** diffedit through main(), with editors that are scripts. */
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { makeTempDir, runMain, type TestIoOptions } from '../support/io.ts';
import { writeProgram } from '../support/programs.ts';
import { filesBelow } from '../support/sandbox.ts';

/** A file, and an editor that does something with the copy it is given. */
function world(content: string, script: string, name = 'config.yaml') {
  const dir = makeTempDir();
  const file = path.join(dir, name);
  fs.writeFileSync(file, content, { mode: 0o644 });
  const editor = path.join(dir, 'my editor');
  writeProgram(editor, `echo "$1" >> '${dir}/seen'\n${script}`);
  const home = makeTempDir();
  const run = (options: TestIoOptions = {}, ...flags: string[]) =>
    runMain(['diffedit', name, ...flags], {
      home,
      cwd: dir,
      ...options,
      env: { PATH: process.env['PATH'] ?? '', EDITOR: `'${editor}'`, ...options.env },
    });
  const seen = () => fs.readFileSync(path.join(dir, 'seen'), 'utf8').trim().split('\n');
  return { run, file, home, seen, read: () => fs.readFileSync(file, 'utf8') };
}

const SED = 'sed "s/one/two/" "$1" > "$1.new" && mv "$1.new" "$1"';

describe('diffedit', () => {
  test('shows what changed, asks, writes; the copy has the same extension and goes away', async () => {
    const { run, read, seen, home, file } = world('# head\na: one\nb: x\n', SED);
    const { code, stdout, stderr, io } = await run({ tty: true, answers: [{ confirm: true }], env: { NO_COLOR: '1' } });
    expect([code, stdout, stderr]).toEqual([0, '', '@@ -1,2 +1,2 @@\n-a: one\n+a: two\n b: x\n']);
    expect(io.asked).toEqual(['write this to config.yaml?']);
    expect([read(), fs.statSync(file).mode & 0o777]).toEqual(['# head\na: two\nb: x\n', 0o644]);
    expect(seen()[0]).toMatch(/config\.yaml$/);
    expect(filesBelow(home)).toEqual([]);
  });

  test('a no leaves the file; so do an editor that fails and one that changes nothing', async () => {
    const no = world('a: one\n', SED);
    expect(await no.run({ tty: true, answers: [{ confirm: false }] })).toMatchObject({ code: 0 });
    expect(no.read()).toBe('a: one\n');
    const fails = world('a: one\n', `${SED}; exit 7`);
    expect(await fails.run({ tty: true })).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('nothing was written'),
    });
    expect(fails.read()).toBe('a: one\n');
    const idle = world('a: one\n', 'true');
    expect(await idle.run({ tty: true })).toMatchObject({ code: 0, stderr: 'nothing was changed\n' });
  });

  test('without a terminal it needs --yes', async () => {
    const { run, read } = world('a: one\n', SED);
    expect((await run()).code).toBe(2);
    expect(read()).toBe('a: one\n');
    expect((await run({}, '--yes')).code).toBe(0);
    expect(read()).toBe('a: two\n');
  });

  test.each([
    ['data', 'kind: Secret\ndata:\n  password: b25l\n  user: dXNlcg==\n', 's/b25l/dHdv/'],
    ['stringData in flow style', '{kind: Secret, stringData: {password: b25l}}\n', 's/b25l/dHdv/'],
    ['JSON', '{"kind": "Secret", "data": {"password": "b25l"}}\n', 's/b25l/dHdv/'],
    ['a list', 'kind: List\nitems:\n- kind: Secret\n  data: {password: b25l}\n', 's/b25l/dHdv/'],
    ['an alias', 'x: &s {password: b25l}\nkind: "\\u0053ecret"\ndata: *s\n', 's/b25l/dHdv/'],
    [
      'last applied',
      'kind: Secret\nmetadata:\n  annotations:\n    kubectl.kubernetes.io/last-applied-configuration: b25l\n',
      's/b25l/dHdv/',
    ],
    ['a kind that comes', 'kind: ConfigMap\ndata: {password: b25l}\n', 's/ConfigMap/Secret/;s/b25l/dHdv/'],
    ['a list without kinds in it', 'kind: SecretList\nitems:\n- data: {password: b25l}\n', 's/b25l/dHdv/'],
    ['a kind on the next line', 'kind: >-\n  Secret\ndata:\n  password: b25l\n', 's/b25l/dHdv/'],
    ['a kind by a merge', '<<: {kind: Secret}\ndata: {password: b25l}\n', 's/b25l/dHdv/'],
    ['a second document', 'kind: Pod\n---\nkind: Secret\ndata: {password: b25l}\n', 's/b25l/dHdv/'],
    ['a value in the wrong place', 'kind: Secret\ndata:\n  password: b25l\n', 's/data/dta/;s/b25l/dHdv/'],
    ['a kind that goes', 'kind: Secret\ndata:\n  password: b25l\n', 's/Secret/Sekret/;s/b25l/dHdv/'],
    ['a manifest as text', 'kind: ConfigMap\ndata:\n  a: |\n    kind: Secret\n    password: b25l\n', 's/b25l/dHdv/'],
    ['an alias that is none', 'kind: Secret\nstringData:\n  password: b25l\n', 's/b25l/*dHdv/'],
    ['an alias of itself', 'kind: Secret\nstringData: &x\n  password: b25l\n', 's/b25l/*x # dHdv/'],
    ['broken YAML', 'kind: Secret\ndata:\n  password: b25l\n', 's/password: b25l/password: dHdv: [/'],
  ])('a value of a Secret is not shown: %s', async (_, content, sed) => {
    const { run, read } = world(content, `sed "${sed}" "$1" > "$1.new" && mv "$1.new" "$1"`);
    const { code, stderr } = await run({}, '--yes');
    expect(code).toBe(0);
    expect(read()).toContain('dHdv');
    expect(stderr).not.toMatch(/b25l|dHdv/);
    expect(stderr).not.toBe('');
  });

  test('a file that somebody else changed meanwhile is not written, and what was typed is kept', async () => {
    const { run, home, read } = world('a: one\n', `${SED}; echo 'b: theirs' >> "$(dirname "$0")/config.yaml"`);
    const { code, stderr } = await run({}, '--yes');
    expect([code, read()]).toEqual([1, 'a: one\nb: theirs\n']);
    const kept = /stored to (\S+)/.exec(stderr)?.[1] ?? '';
    expect([fs.readFileSync(kept, 'utf8'), kept.startsWith(home), path.basename(kept)]).toEqual([
      'a: two\n',
      true,
      'config.yaml',
    ]);
  });

  test('what is in a file cannot steer the terminal', async () => {
    const { run } = world('a: one\n', `printf 'a: \\033]0;x\\007\\r\\n' > "$1"`);
    expect((await run({}, '--yes')).stderr).toContain('+a: \\x1b]0;x\\x07\\r\n');
  });

  test('no such file: 3; no editor: 1; ourselves is no editor', async () => {
    const { run } = world('a: one\n', SED);
    expect((await run({}, 'x')).code).toBe(2);
    expect(await runMain(['diffedit', 'nowhere', '--yes'])).toMatchObject({ code: 3 });
    expect(await run({ env: { EDITOR: 'no-such-editor' } }, '--yes')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('not on PATH'),
    });
    expect((await run({ env: { KUBE_EDITOR: 'zkubectl diffedit' } }, '--yes')).code).toBe(0);
  });
});
