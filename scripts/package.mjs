// Builds the executables, one per platform, in packages/. They contain the same files (dist/) that Node runs. Also writes SHA256SUMS, the bill of
// materials (CycloneDX) and the licences.
//   node scripts/package.mjs              all platforms
//   node scripts/package.mjs linux-x64 …  only these platforms
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { billOfMaterials } from './components.mjs';
import { BUN_VERSION, disarmedRuntimePath, hostTarget, keyringPath, run, runtimePath, TARGETS } from './runtimes.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** Compiles an executable for any platform with the Bun of this platform. */
export function compile(name, outfile) {
  const host = hostTarget();
  if (host === undefined) throw new Error('executables can be built only on Linux, macOS and Windows');
  const temporary = `${outfile}.${process.pid}`;
  const target = `bun-${name.replace('arm64', 'aarch64')}`;
  try {
    copyFileSync(keyringPath(name), path.join(root, 'dist', 'keyring.library'));
    run(runtimePath(host), [
      'build',
      '--compile',
      '--bytecode',
      // Delay JIT compilation by a factor of four: it does not pay off in a short-lived process.
      '--compile-jit-policy=4',
      `--target=${target}`,
      `--compile-executable-path=${disarmedRuntimePath(name)}`,
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      '--no-compile-autoload-tsconfig',
      '--no-compile-autoload-package-json',
      '--loader=.library:file',
      path.join(root, 'bin', 'executable.js'),
      '--outfile',
      temporary,
    ]);
    // Bun may have added .exe to the file name.
    renameSync(existsSync(temporary) ? temporary : `${temporary}.exe`, outfile);
  } finally {
    rmSync(temporary, { force: true });
  }
}

/** Manual pages and completions, in the folders where shells and man look below a prefix. */
const SHARE_FILE = 'zkubectl-share.tar.gz';

export function packShare(file) {
  const staging = mkdtempSync(path.join(tmpdir(), 'zkubectl-share-'));
  try {
    const put = (from, to) => {
      mkdirSync(path.dirname(path.join(staging, to)), { recursive: true });
      copyFileSync(path.join(root, from), path.join(staging, to));
    };
    for (const page of readdirSync(path.join(root, 'docs', 'man'))) put(`docs/man/${page}`, `share/man/man1/${page}`);
    put('completions/zkubectl.bash', 'share/bash-completion/completions/zkubectl');
    put('completions/_zkubectl', 'share/zsh/site-functions/_zkubectl');
    put('completions/zkubectl.fish', 'share/fish/vendor_completions.d/zkubectl.fish');
    execFileSync('tar', ['-czf', file, '-C', staging, 'share']);
  } finally {
    rmSync(staging, { recursive: true, force: true });
  }
}

function packageAll(names) {
  const dir = path.join(root, 'packages');
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir);
  for (const name of names) {
    const file = `zkubectl-${name}${name.startsWith('windows') ? '.exe' : ''}`;
    compile(name, path.join(dir, file));
    console.log(`packages/${file}`);
  }
  writeFileSync(
    path.join(dir, 'zkubectl.cdx.json'),
    `${JSON.stringify(billOfMaterials({ bunVersion: BUN_VERSION }), null, 2)}\n`,
  );
  copyFileSync(path.join(root, 'dist', 'LICENSES.txt'), path.join(dir, 'LICENSES.txt'));
  copyFileSync(path.join(root, 'install.sh'), path.join(dir, 'install.sh'));
  packShare(path.join(dir, SHARE_FILE));
  const sums = readdirSync(dir)
    .sort()
    .map(
      file =>
        `${createHash('sha256')
          .update(readFileSync(path.join(dir, file)))
          .digest('hex')}  ${file}\n`,
    );
  writeFileSync(path.join(dir, 'SHA256SUMS'), sums.join(''));
  console.log('packages/SHA256SUMS');
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const wanted = process.argv.slice(2);
  const unknown = wanted.filter(name => !Object.hasOwn(TARGETS, name));
  if (unknown.length > 0) {
    console.error(`unknown platform: ${unknown.join(', ')}; platforms: ${Object.keys(TARGETS).join(', ')}`);
    process.exitCode = 2;
  } else packageAll(wanted.length > 0 ? wanted : Object.keys(TARGETS));
}
