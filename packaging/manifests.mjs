// The manifests by which package managers find the archives of a release. Each is text made from packaging/definition.mjs and the checksums.
import YAML from 'yaml';
import { archiveOf, executableOf, PACKAGE, PLATFORMS } from './definition.mjs';

const WINDOWS = 'windows-x64';

/** The platforms that package managers offer: musl only comes with install.sh. */
const offered = sums => Object.keys(PLATFORMS).filter(name => !PLATFORMS[name].isMusl && sums.has(archiveOf(name)));
const urlOf = platform => `${PACKAGE.downloads}/${archiveOf(platform)}`;

/** The manifests of a release by their file names. @param sums SHA-256 (64 hex digits) by file name */
export function manifests(sums) {
  const all = [
    ['z.yaml', krew(sums)],
    ['zkubectl.rb', homebrew(sums)],
  ];
  return new Map(sums.has(archiveOf(WINDOWS)) ? [...all, ['zkubectl.json', scoop(sums)]] : all);
}

/** For `kubectl krew install`: the plugin is called z, so that `kubectl z` is zkubectl (krew.googlecontainertools.github.com/v1alpha2). */
function krew(sums) {
  return YAML.stringify(
    {
      apiVersion: 'krew.googlecontainertools.github.com/v1alpha2',
      kind: 'Plugin',
      metadata: { name: 'z' },
      spec: {
        version: `v${PACKAGE.version}`,
        homepage: PACKAGE.homepage,
        shortDescription: PACKAGE.summary,
        description: `${PACKAGE.description}\n`,
        caveats:
          'kubectl z is zkubectl. Login writes kubeconfig entries that run this file.\nStart with: kubectl z sandbox up\n',
        platforms: offered(sums).map(platform => ({
          selector: { matchLabels: { os: PLATFORMS[platform].os, arch: PLATFORMS[platform].arch } },
          uri: urlOf(platform),
          sha256: sums.get(archiveOf(platform)),
          bin: `bin/${executableOf(platform)}`,
        })),
      },
    },
    { lineWidth: 0 },
  );
}

function homebrew(sums) {
  const on = (arch, platform) =>
    sums.has(archiveOf(platform))
      ? `    on_${arch} do
      url "${urlOf(platform)}"
      sha256 "${sums.get(archiveOf(platform))}"
    end
`
      : '';
  return `class Zkubectl < Formula
  desc "${PACKAGE.summary}"
  homepage "${PACKAGE.homepage}"
  version "${PACKAGE.version}"
  license "${PACKAGE.license}"

  on_macos do
${on('arm', 'darwin-arm64')}${on('intel', 'darwin-x64')}  end

  on_linux do
${on('arm', 'linux-arm64')}${on('intel', 'linux-x64')}  end

  def install
    bin.install "bin/zkubectl"
    bin.install_symlink "zkubectl" => "${PACKAGE.helper}"
    man1.install Dir["share/man/man1/*"]
    bash_completion.install "share/bash-completion/completions/zkubectl"
    zsh_completion.install "share/zsh/site-functions/_zkubectl"
    fish_completion.install "share/fish/vendor_completions.d/zkubectl.fish"
    doc.install Dir["share/doc/zkubectl/*"]
  end

  test do
    assert_equal version.to_s, shell_output("#{bin}/zkubectl --version").strip
  end
end
`;
}

function scoop(sums) {
  const manifest = {
    version: PACKAGE.version,
    description: PACKAGE.summary,
    homepage: PACKAGE.homepage,
    license: PACKAGE.license,
    architecture: { '64bit': { url: urlOf(WINDOWS), hash: sums.get(archiveOf(WINDOWS)) } },
    bin: ['bin\\zkubectl.exe', ['bin\\zkubectl.exe', PACKAGE.helper, 'docker credentials']],
    checkver: 'github',
    autoupdate: {
      architecture: { '64bit': { url: urlOf(WINDOWS).replace(`v${PACKAGE.version}`, 'v$version') } },
      hash: { url: '$baseurl/SHA256SUMS' },
    },
  };
  return `${JSON.stringify(manifest, null, 4)}\n`;
}
