/** `about`, and the command tree of `help --all`. */
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { COMMANDS, subcommandsOf } from '../../src/commands/index.ts';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { VERSION } from '../../src/version.ts';
import { fakeService } from '../support/fake-service.ts';
import { runMain } from '../support/io.ts';
import { writeProgram } from '../support/programs.ts';
import { person, testSandbox } from '../support/sandbox.ts';

const KUBECTL = `case "$*" in
*--client*) echo '{"clientVersion": {"gitVersion": "v1.35.1"}}' ;;
*) echo '{"clientVersion": {"gitVersion": "v1.35.1"}, "serverVersion": {"gitVersion": "v1.34.0"}}' ;;
esac`;

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(() => sandbox.close());

async function alice() {
  const one = person(sandbox, 'alice');
  expect((await one.run('login', 'foobarlab')).code).toBe(0);
  return one;
}

describe('about', () => {
  test('shows the versions of zkubectl, kubectl, the cluster and the runtime', async () => {
    const one = await alice();
    const kubectl = writeProgram(path.join(one.home, 'kubectl'), KUBECTL);
    const { code, stdout } = await one.runWith({ env: { ZKUBECTL_KUBECTL_PATH: kubectl } }, 'about', '-o', 'json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'About',
      version: VERSION,
      runtime: `Node.js ${process.versions.node}`,
      kubectl: { path: kubectl, version: 'v1.35.1' },
      server: { context: 'foobarlab', version: 'v1.34.0' },
    });
    expect(JSON.parse(stdout)).not.toHaveProperty('newest');
  });

  test('what is unknown is said, and is no error: no kubectl, no context, --offline', async () => {
    const { code, stdout, io } = await runMain(['about', '--offline'], { env: { PATH: '/nonexistent' } });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^kubectl +unknown: /m);
    expect(stdout).toMatch(/^Cluster +unknown: /m);
    expect(io.spawned).toEqual([]);
  });

  test('only --check asks for the newest version', async () => {
    const service = await fakeService(() => ({ json: { version: '0.2.0' } }));
    try {
      const env = { ZKUBECTL_ABOUT_URL: `${service.url}/newest`, PATH: '/nonexistent' };
      expect((await runMain(['about'], { env })).stdout).not.toContain('Newest');
      expect(service.requests).toEqual([]);
      const { stdout } = await runMain(['about', '--check', '-o', 'json'], { env });
      expect(JSON.parse(stdout).newest).toBe('0.2.0');
      expect(service.requests.map(({ url }) => url)).toEqual(['/newest']);
      expect((await runMain(['about', '--check', '--offline'], { env })).code).toBe(6);
    } finally {
      await service.close();
    }
  });

  test.each([
    [200, { version: '<b>9</b>' }],
    [200, 'no JSON'],
    [503, {}],
  ])('--check with the answer %i %j is exit 6', async (status, body) => {
    const service = await fakeService(() => ({ status, json: body }));
    try {
      const env = { ZKUBECTL_ABOUT_URL: service.url, PATH: '/nonexistent' };
      expect((await runMain(['about', '--check'], { env })).code).toBe(6);
    } finally {
      await service.close();
    }
  });
});

describe('help --all', () => {
  const names = Object.keys(COMMANDS).flatMap(name => [name, ...subcommandsOf(name).map(word => `${name} ${word}`)]);

  test('a line for every command', async () => {
    const { code, stdout } = await runMain(['help', '--all']);
    expect(code).toBe(0);
    for (const name of names) expect(stdout).toMatch(new RegExp(`^zkubectl ${name}( .*)? {2,}\\S`, 'm'));
  });

  test.each([['-o', 'json'], ['-ojson'], ['--output=json']])(
    '%s %s: the tree with flags and examples',
    async (...flags) => {
      const { code, stdout } = await runMain(['help', '--all', ...flags]);
      expect(code).toBe(0);
      interface Node {
        readonly name: string;
        readonly flags: readonly { readonly names: readonly string[] }[];
        readonly examples: readonly string[];
        readonly subcommands: readonly Node[];
      }
      const tree = JSON.parse(stdout) as { kind: string; commands: Node[]; globalFlags: unknown[] };
      const all = tree.commands.flatMap(node => [node, ...node.subcommands]);
      expect(tree.kind).toBe('CommandTree');
      expect(all.map(node => node.name).sort()).toEqual([...names].sort());
      expect(all.find(node => node.name === 'token')?.flags.flatMap(flag => flag.names)).toContain('--refresh');
      for (const node of all.filter(node => node.subcommands.length === 0)) expect(node.examples).not.toEqual([]);
    },
  );

  test('an unknown format is exit 2', async () => {
    expect(await runMain(['help', '--all', '-o', 'bogus'])).toMatchObject({ code: 2, stdout: '' });
  });
});
