import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS, subcommandsOf } from '../../src/commands/index.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { programs, writeProgram } from '../support/programs.ts';

/** A kubectl for PATH, and what it was given last. */
function fakeKubectl(script = 'exit 0', name = 'kubectl') {
  const { dir, argv } = programs({ [name]: script });
  return { dir, argv: () => argv(name).at(-1) ?? ['(not run)'] };
}

/** A kubeconfig with the context `a`, whose user needs no login. */
const CONTEXT = { KUBECONFIG: path.join(makeTempDir(), 'config') };
fs.writeFileSync(
  CONTEXT.KUBECONFIG,
  `current-context: a
contexts: [{name: a, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "https://127.0.0.1:1"}}]
users: [{name: u, user: {token: x}}]
`,
);

/** Arguments that commands cannot do without. */
const ARGUMENTS: Readonly<Record<string, readonly string[]>> = {
  show: ['x'],
  'cluster-access approve': ['1'],
  'restart-pods': ['x'],
  tunnel: ['x', '1'],
  traffic: ['x'],
  diffedit: ['x'],
  generate: ['deployment'],
  completion: ['bash'],
  'sandbox sign-in': ['https://x'],
  'token delete': ['x'],
  'aws alias': ['123456789012', 'x', 'x'],
  'aws set-default': ['123456789012', 'x'],
  'docker credentials': ['get'],
};

describe('whose command it is', () => {
  test.each([
    [
      ['get', 'pods', '-n', 'shop'],
      ['get', 'pods', '-n', 'shop'],
    ],
    [
      ['-n', 'list', 'get', 'pods'],
      ['-n', 'list', 'get', 'pods'],
    ],
    [
      ['--context=a', '-nshop', 'describe', 'po', '--', '--yes'],
      ['--context=a', '-nshop', 'describe', 'po', '--', '--yes'],
    ],
    [
      ['--as', 'whoami', 'get', 'pods'],
      ['--as', 'whoami', 'get', 'pods'],
    ],
    [
      ['-v', '6', 'get', 'pods'],
      ['-v', '6', 'get', 'pods'],
    ],
    [
      ['kubectl', 'list', '--all'],
      ['list', '--all'],
    ],
    [['kubectl', 'login'], ['login']],
    [
      ['config', 'get-contexts'],
      ['config', 'get-contexts'],
    ],
    [
      ['--debug', '--color', 'never', '--offline', 'get', 'pods', '--debug'],
      ['get', 'pods', '--debug'],
    ],
    [
      ['no-such-command', '--flag'],
      ['no-such-command', '--flag'],
    ],
    [
      ['version', '--client'],
      ['version', '--client'],
    ],
    [
      ['exec', 'p', '--', 'sh', '-c', 'echo "$HOME; rm -rf *"'],
      ['exec', 'p', '--', 'sh', '-c', 'echo "$HOME; rm -rf *"'],
    ],
    [
      ['help', 'get'],
      ['help', 'get'],
    ],
    [
      ['--server', 'https://x', 'get', 'ns'],
      ['--server', 'https://x', 'get', 'ns'],
    ],
  ])('%j is kubectl, with argv verbatim', async (argv, expected) => {
    const kubectl = fakeKubectl();
    expect((await runMain(argv, { env: { ...CONTEXT, PATH: kubectl.dir } })).code).toBe(0);
    expect(kubectl.argv()).toEqual(expected);
  });

  test("kubectl's exit code is ours", async () => {
    expect((await runMain(['get', 'x'], { env: { ...CONTEXT, PATH: fakeKubectl('exit 42').dir } })).code).toBe(42);
    expect((await runMain(['get', 'x'], { env: { ...CONTEXT, PATH: fakeKubectl('kill -KILL $$').dir } })).code).toBe(
      137,
    );
    expect((await runMain(['get', 'x'], { env: { ...CONTEXT, PATH: fakeKubectl('kill -TERM $$').dir } })).code).toBe(
      143,
    );
  });

  test('unique prefixes are ours; several meanings are exit 2; kubectl verbs are never taken', async () => {
    const kubectl = fakeKubectl();
    const env = { ...CONTEXT, PATH: kubectl.dir, ZKUBECTL_AUTH_ISSUER: 'https://id.example.org' };
    expect((await runMain(['who'], { env })).code).toBe(4);
    expect(await runMain(['log'], { env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('"log" is ambiguous: login, logout'),
    });
    expect(kubectl.argv()).toEqual(['(not run)']);
    for (const verb of ['logs', 'c-nothing', 'set', 'top']) {
      await runMain([verb], { env });
      expect(kubectl.argv()).toEqual([verb]);
    }
  });

  test("a typo of ours gets kubectl's answer, and then a hint", async () => {
    const { code, stderr } = await runMain(['emergancy', '-i', '1'], {
      env: { ...CONTEXT, PATH: fakeKubectl('exit 1').dir },
    });
    expect([code, stderr]).toEqual([1, 'zkubectl: hint: did you mean zkubectl emergency?\n']);
    expect((await runMain(['get', 'nothing'], { env: { ...CONTEXT, PATH: fakeKubectl('exit 1').dir } })).stderr).toBe(
      '',
    );
  });

  test.each(['kubectl-emergancy', 'kubectl-emergancy-now'])(
    'no hint after a kubectl plugin (%s) that ran and failed',
    async name => {
      const kubectl = fakeKubectl('exit 3');
      writeProgram(path.join(kubectl.dir, name), '');
      const result = await runMain(['emergancy', 'now'], { env: { ...CONTEXT, PATH: kubectl.dir } });
      expect([result.code, result.stderr, kubectl.argv()]).toEqual([3, '', ['emergancy', 'now']]);
    },
  );

  test('a kubectl plugin of that name is no prefix of ours', async () => {
    const kubectl = fakeKubectl();
    writeProgram(path.join(kubectl.dir, 'kubectl-sho'), '');
    await runMain(['sho'], { env: { ...CONTEXT, PATH: kubectl.dir } });
    expect(kubectl.argv()).toEqual(['sho']);
  });
});

describe('which kubectl', () => {
  test('never one of the current directory or a relative PATH entry', async () => {
    const kubectl = fakeKubectl();
    for (const PATH of ['', '.', ':', 'bin']) {
      const { code } = await runMain(['get', 'x'], {
        cwd: kubectl.dir,
        env: { ...CONTEXT, PATH, ZKUBECTL_KUBECTL_MIRROR: 'http://127.0.0.1:1' },
      });
      expect(code).toBe(6);
    }
    expect(kubectl.argv()).toEqual(['(not run)']);
  });

  test('never ourselves again: a link to us is passed over', async () => {
    const kubectl = fakeKubectl();
    const dir = makeTempDir();
    const self = path.join(dir, 'zkubectl');
    writeProgram(self, 'exit 99');
    fs.symlinkSync(self, path.join(dir, 'kubectl'));
    const { code } = await runMain(['get', 'x'], {
      env: { ...CONTEXT, PATH: `${dir}:${kubectl.dir}` },
      self: { file: self, args: [] },
    });
    expect([code, kubectl.argv()]).toEqual([0, ['get', 'x']]);
  });

  test('a kubectl that runs us again ends', async () => {
    const { code, stderr } = await runMain(['get', 'x'], {
      env: { ...CONTEXT, PATH: fakeKubectl().dir, ZKUBECTL_DEPTH: '8' },
    });
    expect(code).toBe(1);
    expect(stderr).toContain('runs zkubectl again');
  });

  test('kubectl.path wins; one that cannot be run is exit 2', async () => {
    const kubectl = fakeKubectl('exit 7', 'my-kubectl');
    expect(
      (
        await runMain(['get', 'x'], {
          env: { ...CONTEXT, ZKUBECTL_KUBECTL_PATH: path.join(kubectl.dir, 'my-kubectl') },
        })
      ).code,
    ).toBe(7);
    expect(
      (await runMain(['get', 'x'], { env: { ...CONTEXT, ZKUBECTL_KUBECTL_PATH: '/nonexistent/kubectl' } })).code,
    ).toBe(2);
  });
});

describe('help', () => {
  const all = Object.keys(COMMANDS).flatMap(name => [[name], ...subcommandsOf(name).map(word => [name, word])]);
  test.each([...all, ['list-clusters']])('%s %s --help: on stdout, exit 0, with an example', async (...words) => {
    const argv = words.filter(word => word !== undefined);
    for (const flag of ['--help', '-h']) {
      const { code, stdout, stderr } = await runMain([...argv, flag], { columns: 100 });
      expect([code, stderr]).toEqual([0, '']);
      expect(stdout).toContain(`Usage: zkubectl ${argv[0] === 'list-clusters' ? 'list' : argv.join(' ')}`);
      if (subcommandsOf(argv[0] ?? '').length === 0 || argv.length === 2) expect(stdout).toMatch(/Examples:\n {2}\S/);
    }
  });

  test('-o is checked before anything is done, by every command', async () => {
    for (const words of all.filter(argv => argv.length === 2 || subcommandsOf(argv[0] ?? '').length === 0)) {
      const entry = COMMANDS[words[0] ?? ''];
      if (entry && 'load' in entry && entry.takesKubectlFlags) continue;
      const args = words[0] === 'on' ? ['x', '--', 'true'] : (ARGUMENTS[words.join(' ')] ?? []);
      const { code, stdout, stderr } = await runMain([...words, '-o', 'bogus', ...args]);
      // A shell evaluates the output of these: it fails there too.
      expect([words, code, stdout]).toEqual([words, 2, words.includes('env') ? '(exit 2)\n' : '']);
      expect(stderr).toMatch(/unknown output format "bogus"|--output is not supported/);
    }
  });

  test('the help is as it was read last', async () => {
    expect((await runMain(['--help'], { columns: 100 })).stdout).toMatchSnapshot();
    expect((await runMain(['emergency', '-h'], { columns: 100 })).stdout).toMatchSnapshot();
  });

  test('nothing, help and --version', async () => {
    const help = (await runMain(['--help'])).stdout;
    expect(await runMain([])).toMatchObject({ code: 0, stdout: help });
    expect(await runMain(['help'])).toMatchObject({ code: 0, stdout: help });
    expect((await runMain(['help', 'login'])).stdout).toContain('Usage: zkubectl login');
    expect(await runMain(['--version'])).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/),
    });
  });

  test.each([
    [['list', '--sellector', 'a=b'], 'did you mean --selector?'],
    [['show'], '--help'],
    [['use', 'a', 'b'], '--help'],
    [['cluster-access'], 'zkubectl cluster-access request|list|approve'],
    [['list', '--color', 'blue'], 'blue'],
    [['emergency', '-i', '1', '-t', 'soon', 'x'], 'soon'],
  ])('wrong usage %j is exit 2 with nothing on stdout', async (argv, hint) => {
    const { code, stdout, stderr } = await runMain(argv);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^zkubectl: error: /);
    expect(stderr).toContain(hint);
  });
});
