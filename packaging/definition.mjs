// What every package of zkubectl says and contains: the one definition that the manifests of krew, Homebrew and scoop, and the deb and rpm packages are made from.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { TARGETS } from '../scripts/runtimes.mjs';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

/** Where releases are: `owner/name` on GitHub. The release workflow sets it. */
const repository = process.env.GITHUB_REPOSITORY ?? 'zkubectl/zkubectl';

export const PACKAGE = {
  name: 'zkubectl',
  version,
  /** Without a full stop and under 50 characters: krew and Homebrew want it so. */
  summary: 'kubectl for many clusters, with login and access',
  description:
    'Logs in with OpenID Connect, lists the clusters of a registry, switches between them, and requests write access to production in an incident. Every other command goes to kubectl unchanged.',
  license: 'MIT',
  homepage: `https://github.com/${repository}`,
  maintainer: `The maintainers of zkubectl <${repository.split('/')[0]}@users.noreply.github.com>`,
  downloads: `https://github.com/${repository}/releases/download/v${version}`,
  /** The second name of the executable: docker runs it as its credential helper. The installers make it. */
  helper: 'docker-credential-zkubectl',
};

/** The platforms of the executables. `os` and `arch` as Go, krew and Debian call them. */
export const PLATFORMS = Object.fromEntries(
  Object.keys(TARGETS).map(name => {
    const [os, arch, libc] = name.split('-');
    return [name, { os, arch: arch === 'x64' ? 'amd64' : arch, isMusl: libc === 'musl' }];
  }),
);

export function executableOf(platform) {
  return PLATFORMS[platform].os === 'windows' ? 'zkubectl.exe' : 'zkubectl';
}

export function archiveOf(platform) {
  return `zkubectl-${platform}.${PLATFORMS[platform].os === 'windows' ? 'zip' : 'tar.gz'}`;
}

/** The files beside the executable: paths in the repository by their path below a prefix such as /usr. */
export function sharedFiles() {
  const pages = readdirSync(path.join(root, 'docs', 'man')).sort();
  return new Map([
    ...pages.map(page => [`share/man/man1/${page}`, `docs/man/${page}`]),
    ['share/bash-completion/completions/zkubectl', 'completions/zkubectl.bash'],
    ['share/zsh/site-functions/_zkubectl', 'completions/_zkubectl'],
    ['share/fish/vendor_completions.d/zkubectl.fish', 'completions/zkubectl.fish'],
    ['share/doc/zkubectl/LICENSE', 'LICENSE'],
    ['share/doc/zkubectl/LICENSES.txt', 'dist/LICENSES.txt'],
  ]);
}
