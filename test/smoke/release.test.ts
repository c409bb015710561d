/** A release: its archives, deb and rpm packages, manifests of package managers, checksums. Made with the executable of this machine. */
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import YAML from 'yaml';
import { makeTempDir } from '../support/io.ts';
import { BIN, isThere } from '../support/program.ts';

interface Release {
  makeRelease(options: {
    dir: string;
    platforms: readonly string[];
    make: (platform: string, file: string) => void;
    nfpm: string | undefined;
    epoch: number;
    level: number;
  }): Promise<void>;
}

const VERSION = (JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string }).version;
const PLATFORMS = ['linux-x64', 'linux-x64-musl', 'linux-arm64', 'darwin-arm64', 'darwin-x64', 'windows-x64'];
const EPOCH = 1_700_000_000;

const scripts: string = path.resolve('scripts/package.mjs');
const nfpmScript: string = path.resolve('packaging/nfpm.mjs');
let nfpm: string | undefined;
let host: string | undefined;
let dir: string;
/** Only this machine's has a program that runs; the others are a text each. */
async function release(): Promise<string> {
  const { makeRelease } = (await import(scripts)) as Release;
  const made = makeTempDir();
  const make = (platform: string, file: string) =>
    platform === host ? fs.copyFileSync(BIN, file) : fs.writeFileSync(file, platform);
  await makeRelease({ dir: made, platforms: PLATFORMS, make, nfpm, epoch: EPOCH, level: 1 });
  return made;
}
const read = (name: string) => fs.readFileSync(path.join(dir, name), 'utf8');
const sums = () =>
  new Map(
    read('SHA256SUMS')
      .trim()
      .split('\n')
      .map(line => line.split('  ').reverse() as [string, string]),
  );

beforeAll(async () => {
  const { nfpmPath } = (await import(nfpmScript)) as { nfpmPath: () => string | undefined };
  nfpm = nfpmPath();
  const runtimes: string = path.resolve('scripts/runtimes.mjs');
  host = ((await import(runtimes)) as { hostTarget: () => string | undefined }).hostTarget();
  dir = await release();
}, 180_000);

test('the bill of materials has what an attestation wants', () => {
  expect(JSON.parse(read('zkubectl.cdx.json'))).toMatchObject({
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    serialNumber: expect.stringMatching(
      /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
    ),
  });
});

test('SHA256SUMS names every other file, with its sum', () => {
  const files = fs.readdirSync(dir).filter(name => name !== 'SHA256SUMS');
  expect([...sums().keys()].sort()).toEqual(files.sort());
  for (const [name, sum] of sums())
    expect([
      name,
      createHash('sha256')
        .update(fs.readFileSync(path.join(dir, name)))
        .digest('hex'),
    ]).toEqual([name, sum]);
});

test('a second release is equal, byte for byte', async () => {
  const again = await release();
  expect(fs.readFileSync(path.join(again, 'SHA256SUMS'), 'utf8')).toBe(read('SHA256SUMS'));
}, 60_000);

test('the executable does not name the folder where it was built', () => {
  expect(fs.readFileSync(BIN).includes(path.resolve('dist'))).toBe(false);
});

test.skipIf(process.platform === 'win32')('install.sh installs it, and docker finds its helper', () => {
  const prefix = makeTempDir();
  execFileSync('/bin/sh', [path.join(dir, 'install.sh'), '--prefix', prefix], { stdio: 'ignore' });
  const run = (name: string, ...argv: string[]) =>
    execFileSync(path.join(prefix, 'bin', name), argv, { encoding: 'utf8', env: { HOME: prefix } });
  expect(run('zkubectl', '--version')).toBe(`${VERSION}\n`);
  expect(run('docker-credential-zkubectl', 'list')).toBe('{}\n');
  expect(fs.existsSync(path.join(prefix, 'share', 'man', 'man1', 'zkubectl-login.1'))).toBe(true);
});

describe('the manifests', () => {
  interface Krew {
    readonly metadata: { readonly name: string };
    readonly spec: {
      readonly version: string;
      readonly shortDescription: string;
      readonly platforms: readonly {
        readonly selector: { readonly matchLabels: { readonly os: string; readonly arch: string } };
        readonly uri: string;
        readonly sha256: string;
        readonly bin: string;
      }[];
    };
  }

  test("krew's is what its index accepts, and its archives contain what it names", () => {
    const manifest = YAML.parse(read('z.yaml')) as Krew;
    expect(manifest).toMatchObject({ apiVersion: 'krew.googlecontainertools.github.com/v1alpha2', kind: 'Plugin' });
    expect(manifest.metadata.name).toMatch(/^[a-z0-9][a-z0-9-]*$/);
    expect(manifest.spec.version).toBe(`v${VERSION}`);
    expect(manifest.spec.shortDescription).toMatch(/^.{1,50}(?<!\.)$/);
    expect(
      manifest.spec.platforms.map(({ selector: { matchLabels } }) => Object.values(matchLabels).join('/')),
    ).toEqual(['linux/amd64', 'linux/arm64', 'darwin/amd64', 'darwin/arm64', 'windows/amd64']);
    for (const { uri, sha256, bin } of manifest.spec.platforms) {
      expect(uri).toMatch(new RegExp(`^https://github\\.com/[^/]+/[^/]+/releases/download/v${VERSION}/zkubectl-`));
      const archive = path.basename(uri);
      expect(sums().get(archive)).toBe(sha256);
      if (archive.endsWith('.zip')) continue;
      const entries = execFileSync('tar', ['-tvzf', path.join(dir, archive)], { encoding: 'utf8' })
        .trim()
        .split('\n');
      // krew unpacks only regular files and folders.
      expect(entries.filter(entry => !/^[-d]/.test(entry))).toEqual([]);
      expect(entries.some(entry => entry.startsWith('-rwxr-xr-x') && entry.endsWith(` ${bin}`))).toBe(true);
    }
  });

  test("Homebrew's and scoop's have the sums of their archives", () => {
    const formula = read('zkubectl.rb');
    for (const platform of ['darwin-arm64', 'darwin-x64', 'linux-arm64', 'linux-x64'])
      expect(formula).toMatch(
        new RegExp(`zkubectl-${platform}\\.tar\\.gz"\\n +sha256 "${sums().get(`zkubectl-${platform}.tar.gz`)}"`),
      );
    const scoop = JSON.parse(read('zkubectl.json')) as { architecture: { '64bit': { url: string; hash: string } } };
    const { url, hash } = scoop.architecture['64bit'];
    expect([url.endsWith('/zkubectl-windows-x64.zip'), hash]).toEqual([true, sums().get('zkubectl-windows-x64.zip')]);
  });

  test.skipIf(!isThere('ruby'))('the formula is Ruby', () => {
    execFileSync('ruby', ['-c', path.join(dir, 'zkubectl.rb')]);
  });
});

describe('deb and rpm', () => {
  test.skipIf(!isThere('dpkg') || process.arch !== 'x64')('dpkg installs the deb, and removes it', context => {
    if (nfpm === undefined) return context.skip('neither nfpm nor a Go that can build it is installed');
    const root = makeTempDir();
    for (const folder of ['info', 'updates', 'triggers'])
      fs.mkdirSync(path.join(root, 'var/lib/dpkg', folder), { recursive: true });
    for (const file of ['status', 'available']) fs.writeFileSync(path.join(root, 'var/lib/dpkg', file), '');
    const dpkg = (...argv: string[]) => {
      const flags = [
        `--root=${root}`,
        '--force-not-root',
        '--force-script-chrootless',
        '--force-bad-path',
        '--log=/dev/null',
      ];
      const { status, stderr } = spawnSync('dpkg', [...flags, ...argv], { encoding: 'utf8' });
      expect([status, stderr]).toEqual([0, expect.any(String)]);
    };
    dpkg('--force-architecture', '-i', path.join(dir, 'zkubectl_amd64.deb'));
    const run = (name: string, ...argv: string[]) =>
      execFileSync(path.join(root, 'usr/bin', name), argv, { encoding: 'utf8', env: { HOME: root } });
    expect(run('zkubectl', '--version')).toBe(`${VERSION}\n`);
    expect(run('docker-credential-zkubectl', 'list')).toBe('{}\n');
    expect(fs.existsSync(path.join(root, 'usr/share/man/man1/zkubectl.1'))).toBe(true);
    dpkg('-r', 'zkubectl');
    expect(fs.existsSync(path.join(root, 'usr/bin/zkubectl'))).toBe(false);
  });

  test.skipIf(!isThere('rpm') || process.arch !== 'x64' || process.getuid?.() !== 0)(
    'rpm installs the rpm, as root',
    context => {
      if (nfpm === undefined) return context.skip('neither nfpm nor a Go that can build it is installed');
      const root = makeTempDir();
      execFileSync(
        'rpm',
        ['--root', root, '--nodeps', '--noscripts', '--ignoreos', '-i', path.join(dir, 'zkubectl-amd64.rpm')],
        { stdio: 'ignore' },
      );
      const version = execFileSync(path.join(root, 'usr/bin/zkubectl'), ['--version'], {
        encoding: 'utf8',
        env: { HOME: root },
      });
      expect(version).toBe(`${VERSION}\n`);
    },
  );
});

test('the workflows are what GitHub accepts', context => {
  const actionlint = 'github.com/rhysd/actionlint/cmd/actionlint@v1.7.12';
  if (spawnSync('go', ['run', actionlint, '-version']).status !== 0) return context.skip('Go cannot build actionlint');
  const { status, stdout } = spawnSync('go', ['run', actionlint, '-no-color'], { encoding: 'utf8' });
  expect([status, stdout]).toEqual([0, '']);
}, 180_000);

test('the action installs with install.sh, and gives no input to a shell as text', () => {
  const action = YAML.parse(fs.readFileSync('action.yml', 'utf8')) as {
    runs: { steps: { run: string; env: Record<string, string> }[] };
  };
  for (const { run } of action.runs.steps) {
    expect(run).not.toContain('${{');
    execFileSync('bash', ['-n', '-c', run]);
  }
});
