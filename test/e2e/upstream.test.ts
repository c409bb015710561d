/** What upstream's users type: their flags and old names are taken. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { incidentUrl } from '../../src/access/incident.ts';
import { COMMANDS } from '../../src/commands/index.ts';
import { createProgram } from '../../src/program.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { createTestIo, runMain } from '../support/io.ts';
import { type Person, person, testSandbox } from '../support/sandbox.ts';

let sandbox: Sandbox;
let alice: Person;
beforeAll(async () => {
  sandbox = await testSandbox();
  alice = person(sandbox, 'alice');
  expect((await alice.run('login', 'foobarlab', '--no-force-refresh')).code).toBe(0);
});
afterAll(() => sandbox.close());

test('list -o text is the table', async () => {
  const { code, stdout } = await alice.run('list', '-o', 'text');
  expect([code, stdout]).toEqual([0, (await alice.run('list')).stdout]);
});

test.each([
  [['manual-access', 'old', 'name'], 'cluster-access request'],
  [['manual-access', 'request', 'old', 'name'], 'cluster-access request'],
  [['emergency-access', '-i', 'INC-1', 'down'], 'cluster-access request --emergency'],
])('%j is taken, with a hint to the new name', async (argv, name) => {
  const { code, stdout, stderr } = await alice.run(...argv, '--no-wait-for-approval', '--no-force-new-request');
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^\d+\n$/)]);
  expect(stderr).toContain(`zkubectl: hint: this command is now: zkubectl ${name}\n`);
});

test('list-access-requests and approve-manual-access', async () => {
  const bob = person(sandbox, 'bob');
  await bob.run('login', 'foobarlab');
  const list = await bob.run('list-access-requests', '-o', 'name', '--open');
  const [key = ''] = list.stdout.split('\n');
  expect(list.stderr).toBe('zkubectl: hint: this command is now: zkubectl cluster-access list\n');
  // Without a terminal and --yes it asks for --yes: nothing is decided.
  expect((await bob.run('approve-manual-access', key, '--no-yes')).code).toBe(2);
  expect((await bob.run('approve-manual-access', key, '--yes')).code).toBe(0);
});

test('cluster-update block takes the reason from stdin', async () => {
  const { code, stderr } = await alice.runWith({ stdin: 'cyber\nweek\n' }, 'cluster-update', 'block');
  expect([code, stderr]).toEqual([
    0,
    expect.stringMatching(/^updates of foobarlab are blocked: cyber week \(alice@example\.org\)\n/),
  ]);
  expect((await alice.runWith({ stdin: '\n' }, 'cluster-update', 'block', '--yes')).code).toBe(2);
  expect((await alice.run('cluster-update', 'unblock')).code).toBe(0);
});

test.each([
  ['70413a06-38d6-4c85-92b8-5ebc900d42e2', 'https://i/70413a06-38d6-4c85-92b8-5ebc900d42e2'],
  ['inc-7', 'https://i/INC-7'],
])('the incident %s', (incident, url) => {
  expect(incidentUrl(incident, 'https://i/{incident}')).toBe(url);
});

test.each([
  [['traffic', 'x', '-t', '5', '-f']],
  [['encrypt', '--strip=false', '--role', 'x']],
  [['encrypt', '--strip', '--role=x']],
  [['decrypt', '--role', 'x', 'deployment-secret:2:nosuch:AAAA']],
  [['init', '--kubernetes-cluster', 'nosuch', '-t', 'webapp', '--application', 'x']],
])('%j: its flags are known', async argv => {
  const { stderr } = await alice.runWith({ stdin: 's' }, ...argv);
  expect(stderr).not.toMatch(/unknown option|too many arguments/);
});

test('encrypt --strip=perhaps is exit 2; --role says that it has no effect', async () => {
  expect((await alice.runWith({ stdin: 's' }, 'encrypt', '--strip=perhaps')).code).toBe(2);
  const { stderr } = await alice.runWith({ stdin: 's' }, 'encrypt', '--role', 'Deployer');
  expect(stderr).toContain('warning: --role Deployer has no effect');
});

test('no flag of upstream is in the help', async () => {
  for (const command of ['login', 'encrypt', 'init'].filter(name => name in COMMANDS)) {
    const { stdout } = await runMain([command, '--help']);
    expect(stdout).not.toMatch(/--no-force-refresh|--kubernetes-cluster/);
  }
});

test('what docs/migration.md calls the same is taken: every flag of every line', async () => {
  const rows = [...fs.readFileSync('docs/migration.md', 'utf8').matchAll(/^\| `([a-z -]+)` +\| (.*?) +\| same +\|$/gm)];
  expect(rows.length).toBeGreaterThan(20);
  const program = await createProgram(createTestIo());
  const unknown: string[] = [];
  for (const [, name = '', cell = ''] of rows) {
    const words = name.split(' ');
    let command: Command | undefined = program;
    for (const word of words) command = command?.commands.find(c => c.name() === word || c.aliases().includes(word));
    const known = new Set([
      '--namespace',
      '-n',
      '--context',
      ...(command?.options.flatMap(o => [o.long, o.short]) ?? []),
    ]);
    // These take kubectl's own flags.
    const entry = COMMANDS[words[0] ?? ''];
    const isKubectls = entry !== undefined && 'load' in entry && entry.takesKubectlFlags === true;
    for (const [, flag = ''] of cell.matchAll(/`(--?[a-z-]+)`/g))
      if (command === undefined || !(known.has(flag) || isKubectls)) unknown.push(`${name} ${flag}`);
  }
  expect(unknown).toEqual([]);
});
