/** kill -9 at every step, and a disk that is full or read-only from every step on: a file is old or new, and the next command works. */
import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type FakeIssuer, fakeIssuer, newKeys } from '../support/fake-issuer.ts';
import { type FakeService, fakeService } from '../support/fake-service.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { BIN, type ChildResult, cleanEnv, start } from '../support/program.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'files';
const CLUSTERS = ['one', 'two', 'three'].map((alias, i) => ({
  id: `aws:${i}:eu:kube-1`,
  alias,
  lifecycle_status: 'ready',
  environment: 'test',
  api_server_url: `https://kube-${i}.example.invalid`,
}));
const PLAIN = `apiVersion: v1
kind: Config
clusters:
- cluster:
    server: https://kube-0.example.invalid
  name: one
contexts:
- context:
    cluster: one
    user: zkubectl-one
  name: one
- context:
    cluster: one
    user: zkubectl-one
  name: two
current-context: one
users: []
`;
/** What only a YAML parser reads. */
const COMMENTED = `# mine\n${PLAIN.replace('kind: Config', 'kind: Config # a comment\nx: &anchor {a: 1}\ny: *anchor')}`;

let issuer: FakeIssuer;
let registry: FakeService;
/** A home in which somebody has logged in, and whose tokens have ended. */
let template: string;
let env: Record<string, string>;
beforeAll(async () => {
  issuer = await fakeIssuer(await newKeys());
  registry = await fakeService(() => ({ json: { items: CLUSTERS } }));
  env = {
    ...cleanEnv(),
    ZKUBECTL_AUTH_ISSUER: issuer.service.url,
    ZKUBECTL_AUTH_CLUSTER_CLIENT_ID: 'kubernetes.cluster.{alias}',
    ZKUBECTL_REGISTRY_URL: registry.url,
  };
  template = path.join(makeTempDir(), 'home');
  const config = path.join(template, '.config', 'zkubectl', 'config.yaml');
  fs.mkdirSync(path.dirname(config), { recursive: true });
  fs.writeFileSync(config, '# ours\nauth:\n  client_id: zkubectl # the platform\n');
  const self = { file: BIN, args: [] };
  const login = await runMain(['login', 'one'], {
    home: template,
    env: { ...env, HOME: template },
    browser: issuer.browse,
    self,
  });
  expect(login).toMatchObject({ code: 0 });
  for (const file of filesBelow(path.join(template, '.local/state/zkubectl/tokens'))) {
    const stored = JSON.parse(fs.readFileSync(file, 'utf8')) as { tokens: Record<string, unknown> };
    // The platform's token serves the registry; the cluster's is to be renewed.
    if (!JSON.stringify(stored).includes('kubernetes.cluster')) continue;
    stored.tokens['idExpiresAt'] = stored.tokens['accessExpiresAt'] = Math.floor(Date.now() / 1000) - 10;
    fs.writeFileSync(file, JSON.stringify(stored), { mode: 0o600 });
  }
});
afterAll(async () => {
  await issuer.service.close();
  await registry.close();
});

interface Story {
  readonly name: string;
  readonly argv: readonly string[];
  readonly kubeconfig: string;
  /** Files that are old or new; below the home. Anything else is checked by the command that comes after. */
  readonly watched: (home: string) => string[];
  /** What makes two versions of a file the same: a time, or a token that is another each time, left out. */
  readonly normal?: (text: string) => string;
  readonly isFast?: boolean;
  /** It gives what is asked for also where it cannot be kept. */
  readonly survivesErrors?: boolean;
}

const kubeconfigOf = (home: string) => path.join(home, '.kube', 'config');
const STORIES: readonly Story[] = [
  { name: 'use', argv: ['use', 'two'], kubeconfig: PLAIN, watched: home => [kubeconfigOf(home)], isFast: true },
  {
    name: 'use, by the YAML parser',
    argv: ['use', 'two'],
    kubeconfig: COMMENTED,
    watched: home => [kubeconfigOf(home)],
  },
  { name: 'use, a new context', argv: ['use', 'three'], kubeconfig: COMMENTED, watched: home => [kubeconfigOf(home)] },
  { name: 'ns', argv: ['ns', 'shop', '--offline'], kubeconfig: PLAIN, watched: home => [kubeconfigOf(home)] },
  {
    name: 'configure',
    argv: ['configure', 'auth.audience=x'],
    kubeconfig: PLAIN,
    watched: home => [path.join(home, '.config', 'zkubectl', 'config.yaml')],
  },
  {
    name: 'a renewal',
    argv: ['credentials', 'one'],
    kubeconfig: PLAIN,
    watched: home => filesBelow(path.join(home, '.local/state/zkubectl/tokens')).filter(file => file.endsWith('.json')),
    normal: text => text.replace(/"(\w+Token|\w+ExpiresAt)":("[^"]*"|\d+)/g, '"$1":0'),
    isFast: true,
    survivesErrors: true,
  },
  {
    name: 'list',
    argv: ['list'],
    kubeconfig: PLAIN,
    watched: home => filesBelow(path.join(home, '.cache/zkubectl')).filter(file => file.endsWith('.jsonl')),
    normal: text => text.replace(/"fetchedAt":"[^"]*"/, ''),
    survivesErrors: true,
  },
];

function newHome(story: Story): string {
  const home = path.join(makeTempDir(), 'home');
  fs.cpSync(template, home, { recursive: true });
  fs.writeFileSync(kubeconfigOf(home), story.kubeconfig, { mode: 0o600 });
  return home;
}

const PRELOAD = path.resolve('test', 'support', 'break-at.cjs');
function runIn(home: string, argv: readonly string[], more: Record<string, string> = {}): Promise<ChildResult> {
  return start(argv, { ...env, HOME: home, ...more }, process.execPath, ['--require', PRELOAD, BIN]).ended;
}

/** The content of the watched files, by name. */
function contents(story: Story, home: string): Record<string, string> {
  const normal = story.normal ?? (text => text);
  return Object.fromEntries(
    story.watched(home).map(file => [path.relative(home, file), normal(fs.readFileSync(file, 'utf8'))]),
  );
}

const temporaries = (home: string) => filesBelow(home).filter(file => file.endsWith('.tmp'));
/** client-go's; our own tickets of the dead are swept by whoever locks next. */
const locks = (home: string) => filesBelow(home).filter(file => file.endsWith('.lock'));

/** Runs something for each number from 1, a few at a time; in a hurry, for every third. */
async function each(count: number, act: (n: number) => Promise<void>): Promise<void> {
  const stride = scaled(3, 1);
  let next = 1;
  const worker = async () => {
    for (let n = next; n <= count; n = next) {
      next += stride;
      await act(n);
    }
  };
  await Promise.all([worker(), worker(), worker()]);
}

async function stepsOf(
  story: Story,
): Promise<{ steps: number; before: Record<string, string>; after: Record<string, string> }> {
  const home = newHome(story);
  const before = contents(story, home);
  const count = path.join(makeTempDir(), 'count');
  expect(await runIn(home, story.argv, { BREAK_COUNT: count })).toMatchObject({ code: 0 });
  expect([temporaries(home), locks(home)]).toEqual([[], []]);
  const after = contents(story, home);
  expect(Object.keys(after).length).toBeGreaterThan(0);
  return { steps: Number(fs.readFileSync(count, 'utf8')), before, after };
}

/** Every watched file is as it was, or as it is to be. */
function expectWhole(story: Story, home: string, before: Record<string, string>, after: Record<string, string>): void {
  for (const [name, text] of Object.entries(contents(story, home))) expect([before[name], after[name]]).toContain(text);
}

const stories = STORIES.filter(story => story.isFast || scaled(0, 1) === 1);
let kills = 0;
let errors = 0;
afterAll(() => {
  figure(AREA, 'kill -9, one at every step of seven commands', kills);
  figure(AREA, 'files torn by them', 0);
  figure(AREA, 'full or read-only disks and I/O errors, from every step on', errors);
  figure(AREA, 'files torn by those', 0);
});

describe.each(stories)('$name', story => {
  test('killed with -9 at any step: old or new, and the next one works', async () => {
    const { steps, before, after } = await stepsOf(story);
    expect(steps).toBeGreaterThan(3);
    await each(steps, async n => {
      const home = newHome(story);
      const killed = await runIn(home, story.argv, { BREAK_AT: String(n) });
      expect(killed.signal).toBe('SIGKILL');
      kills++;
      expectWhole(story, home, before, after);
      const next = await runIn(home, story.argv);
      expect({ n, ...next }).toMatchObject({ n, code: 0 });
      expect(contents(story, home)).toEqual(after);
      expect(locks(home)).toEqual([]);
    });
  });

  test.each(scaled(0, 1) ? ['ENOSPC', 'EROFS', 'EACCES', 'EIO'] : ['ENOSPC'])(
    '%s from any step on: old or new, said in words, and the next one works',
    async how => {
      const { steps, before, after } = await stepsOf(story);
      await each(steps, async n => {
        const home = newHome(story);
        const broken = await runIn(home, story.argv, { BREAK_AT: String(n), BREAK_HOW: how });
        errors++;
        expect({ n, stderr: broken.stderr }).not.toMatchObject({ stderr: expect.stringContaining('bug in zkubectl') });
        expect([0, 1]).toContain(broken.code);
        if (story.survivesErrors)
          expect({ n, ...broken }).toMatchObject({ n, code: 0, stdout: expect.stringMatching(/\S/) });
        expectWhole(story, home, before, after);
        // What it says it has done, it has.
        if (broken.code === 0 && !story.survivesErrors) expect(contents(story, home)).toEqual(after);
        const next = await runIn(home, story.argv);
        expect({ n, ...next }).toMatchObject({ n, code: 0 });
        expect(contents(story, home)).toEqual(after);
      });
    },
  );
});

/** May this machine mount a disk of its own for one process? */
const mayMount = (() => {
  try {
    execFileSync('unshare', ['-m', 'mount', '-t', 'tmpfs', 'none', '/mnt'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

describe.skipIf(!mayMount)('a real disk', () => {
  /** Runs a command in a home that is on a disk of its own, after `prepare` has made it what it is to be; the disk goes away with it. */
  function onDisk(story: Story, prepare: string): Promise<ChildResult> {
    const [source, disk] = [newHome(story), makeTempDir()];
    const script = `mount -t tmpfs -o size=1m none "$DISK" && cp -a "$SOURCE/." "$DISK" && cd "$DISK" && ${prepare} && { "$@"; code=$?; cat .kube/config >&2; exit $code; }`;
    const zk = [process.execPath, BIN, ...story.argv];
    const world = { ...env, HOME: disk, DISK: disk, SOURCE: source };
    return start(['-m', 'sh', '-c', script, 'sh', ...zk], world, 'unshare', []).ended;
  }
  const [use, , , , , renewal] = STORIES as [Story, Story, Story, Story, Story, Story];
  const FULL_DISK = 'dd if=/dev/zero of=filler bs=64k 2>/dev/null; true';
  const READ_ONLY = 'mount -o remount,ro "$DISK"';

  test.each([FULL_DISK, READ_ONLY])('that is full or read-only leaves the kubeconfig as it is: %s', async prepare => {
    const { code, stderr } = await onDisk(use, prepare);
    expect(code).toBe(1);
    expect(stderr).toContain('zkubectl: error: cannot change the kubeconfig');
    expect(stderr.endsWith(PLAIN)).toBe(true);
    figure(AREA, 'real full and read-only disks', 2);
  });

  test.each([FULL_DISK, READ_ONLY])(
    'that is full or read-only: a token that cannot be stored is printed, with a warning: %s',
    async prepare => {
      const { code, stdout, stderr } = await onDisk(renewal, prepare);
      expect([code, JSON.parse(stdout)]).toMatchObject([0, { kind: 'ExecCredential' }]);
      expect(stderr).toContain('zkubectl: warning: cannot store the token');
    },
  );
});
