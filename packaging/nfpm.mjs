// deb and rpm packages, made by nfpm (https://nfpm.goreleaser.com) from packaging/definition.mjs. nfpm is the one on PATH, else it is built by Go.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import YAML from 'yaml';
import { executableOf, PACKAGE, PLATFORMS, root } from './definition.mjs';

/** Go checks the module against sum.golang.org. */
const VERSION = 'v2.45.2';

/** The path of nfpm. Undefined: there is neither nfpm nor Go, or Go cannot build it. */
export function nfpmPath() {
  const runs = file => spawnSync(file, ['--version']).status === 0;
  if (runs('nfpm')) return 'nfpm';
  const dir = path.join(root, '.cache', `nfpm-${VERSION}`);
  const file = path.join(dir, process.platform === 'win32' ? 'nfpm.exe' : 'nfpm');
  if (existsSync(file)) return file;
  const options = { env: { ...process.env, GOBIN: dir }, stdio: ['ignore', 'ignore', 'pipe'] };
  const { status } = spawnSync('go', ['install', `github.com/goreleaser/nfpm/v2/cmd/nfpm@${VERSION}`], options);
  return status === 0 && existsSync(file) ? file : undefined;
}

/**
 * Makes zkubectl_VERSION_ARCH.deb and zkubectl-VERSION-1.ARCH.rpm in a folder. Returns their names.
 * @param tree a folder with bin/ and share/, as in the archive
 * @param epoch the time of everything inside (seconds since 1970)
 */
export function linuxPackages({ nfpm, platform, tree, files, dir, epoch }) {
  const time = new Date(epoch * 1000).toISOString();
  const { arch } = PLATFORMS[platform];
  const config = {
    name: PACKAGE.name,
    arch,
    platform: 'linux',
    version: PACKAGE.version,
    section: 'admin',
    maintainer: PACKAGE.maintainer,
    description: `${PACKAGE.summary}\n${PACKAGE.description}`,
    homepage: PACKAGE.homepage,
    license: PACKAGE.license,
    mtime: time,
    contents: [
      ...files.map(file => ({
        src: path.join(tree, file),
        dst: `/usr/${file}`,
        file_info: { mode: file === `bin/${executableOf(platform)}` ? 0o755 : 0o644, mtime: time },
      })),
      { src: 'zkubectl', dst: `/usr/bin/${PACKAGE.helper}`, type: 'symlink', file_info: { mtime: time } },
    ],
    deb: { compression: 'zstd' },
    rpm: { compression: 'zstd', group: 'Applications/System', buildhost: 'reproducible' },
  };
  const work = mkdtempSync(path.join(tmpdir(), 'zkubectl-nfpm-'));
  try {
    const file = path.join(work, 'nfpm.yaml');
    writeFileSync(file, YAML.stringify(config));
    return ['deb', 'rpm'].map(packager => {
      const name = packager === 'deb' ? `zkubectl_${arch}.deb` : `zkubectl-${arch}.rpm`;
      const { status, stdout, stderr } = spawnSync(
        nfpm,
        ['package', '--config', file, '--packager', packager, '--target', path.join(dir, name)],
        { encoding: 'utf8', env: { ...process.env, SOURCE_DATE_EPOCH: String(epoch) } },
      );
      if (status !== 0) throw new Error(`nfpm: ${stdout}${stderr}`);
      return name;
    });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
