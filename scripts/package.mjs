// Builds a release in packages/: an archive for each platform with the executable, manual pages and completions, deb and rpm packages, the manifests
// of package managers, the bill of materials (CycloneDX), and SHA256SUMS. The executables contain the same files (dist/) that Node runs.
//   node scripts/package.mjs              all platforms
//   node scripts/package.mjs linux-x64 …  only these platforms
//   node scripts/package.mjs --verify …   builds everything a second time, and fails when one byte differs
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
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
import { pack } from '../packaging/archive.mjs';
import { archiveOf, executableOf, PLATFORMS, root, sharedFiles } from '../packaging/definition.mjs';
import { manifests } from '../packaging/manifests.mjs';
import { linuxPackages, nfpmPath } from '../packaging/nfpm.mjs';
import { billOfMaterials } from './components.mjs';
import { BUN_VERSION, disarmedRuntimePath, hostTarget, keyringPath, run, runtimePath, TARGETS } from './runtimes.mjs';
import { typicalUse } from './typical-use.mjs';

/** Compiles an executable for any platform with the Bun of this platform. */
export function compile(name, outfile) {
  copyFileSync(keyringPath(name), path.join(root, 'dist', 'keyring.library'));
  const dir = mkdtempSync(path.join(path.dirname(outfile), '.compile-'));
  try {
    const orders = bytecodeOrders(dir);
    const made = bundle(dir, [
      `--target=${bunTarget(name)}`,
      `--compile-executable-path=${disarmedRuntimePath(name)}`,
      `--bytecode-order=${orders.join(',')}`,
    ]);
    renameSync(made, outfile);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

/**
 * The order in which frequent commands use the bytecode: what they use is then together, and a start reads less of the file. The runtime writes it in a
 * run of an executable whose runtime is not disarmed. It is the same each time.
 */
function bytecodeOrders(dir) {
  const host = hostTarget();
  if (host === undefined) throw new Error('executables can be built only on Linux, macOS and Windows');
  const file = bundle(dir, [`--target=${bunTarget(host)}`, `--compile-executable-path=${runtimePath(host)}`]);
  const orders = [];
  const isWhole = typicalUse(number => {
    orders.push(path.join(dir, `order-${number}`));
    return { file, args: [], env: { BUN_BYTECODE_ORDER_OUT: orders[number] } };
  });
  rmSync(file);
  if (!isWhole || !orders.every(existsSync))
    throw new Error('the new executable does not run: no order of its bytecode');
  return orders;
}

function bunTarget(name) {
  return `bun-${name.replace('arm64', 'aarch64')}`;
}

/** Makes an executable in a folder. Returns its path. Its name is always the same, as the runtime writes it into the executable. */
function bundle(dir, flags) {
  const outfile = path.join(dir, 'zkubectl');
  run(runtimePath(hostTarget()), [
    'build',
    '--compile',
    '--bytecode',
    // Delay JIT compilation by a factor of four: it does not pay off in a short-lived process.
    '--compile-jit-policy=4',
    '--no-compile-autoload-dotenv',
    '--no-compile-autoload-bunfig',
    '--no-compile-autoload-tsconfig',
    '--no-compile-autoload-package-json',
    '--loader=.library:file',
    ...flags,
    path.join(root, 'bin', 'executable.js'),
    '--outfile',
    outfile,
  ]);
  // Bun may have added .exe to the file name.
  return existsSync(outfile) ? outfile : `${outfile}.exe`;
}

/** The time of every file in a release: that of the commit (seconds since 1970), so that it does not depend on when the release is built. */
function sourceEpoch() {
  const given = process.env.SOURCE_DATE_EPOCH;
  if (given !== undefined) return Number(given);
  try {
    return Number(execFileSync('git', ['log', '-1', '--format=%ct'], { cwd: root, encoding: 'utf8' }));
  } catch {
    return 0;
  }
}

/**
 * Makes a release of platforms in a folder.
 * @param level of the compression: 1 (fast) to 9 (small)
 * @param make writes the executable of a platform to a file
 * @param nfpm the program that makes deb and rpm packages. Undefined: there will be none
 */
export async function makeRelease({ dir, platforms, make, nfpm, epoch = sourceEpoch(), level = 9, report = () => {} }) {
  const shared = sharedFiles();
  for (const platform of platforms) {
    const tree = mkdtempSync(path.join(tmpdir(), 'zkubectl-package-'));
    try {
      mkdirSync(path.join(tree, 'bin'));
      const executable = path.join('bin', executableOf(platform));
      make(platform, path.join(tree, executable));
      chmodSync(path.join(tree, executable), 0o755);
      for (const [to, from] of shared) {
        mkdirSync(path.dirname(path.join(tree, to)), { recursive: true });
        copyFileSync(path.join(root, from), path.join(tree, to));
        chmodSync(path.join(tree, to), 0o644);
      }
      const files = [executable.replaceAll('\\', '/'), ...shared.keys()];
      const archive = archiveOf(platform);
      await pack(path.join(dir, archive), { tree, files, epoch, level });
      report(archive);
      const { os, isMusl } = PLATFORMS[platform];
      if (nfpm === undefined || os !== 'linux' || isMusl) continue;
      for (const name of linuxPackages({ nfpm, platform, tree, files, dir, epoch })) report(name);
    } finally {
      rmSync(tree, { recursive: true, force: true });
    }
  }
  for (const [name, text] of manifests(sumsOf(dir))) {
    writeFileSync(path.join(dir, name), text);
    report(name);
  }
  const bill = billOfMaterials({ bunVersion: BUN_VERSION, epoch });
  writeFileSync(path.join(dir, 'zkubectl.cdx.json'), `${JSON.stringify(bill, null, 2)}\n`);
  copyFileSync(path.join(root, 'dist', 'LICENSES.txt'), path.join(dir, 'LICENSES.txt'));
  copyFileSync(path.join(root, 'install.sh'), path.join(dir, 'install.sh'));
  const lines = [...sumsOf(dir)].map(([file, sum]) => `${sum}  ${file}\n`);
  writeFileSync(path.join(dir, 'SHA256SUMS'), lines.join(''));
  report('SHA256SUMS');
}

/** The SHA-256 (hex) of each file of a folder, by name, sorted. */
function sumsOf(dir) {
  const hash = file => createHash('sha256').update(readFileSync(file)).digest('hex');
  return new Map(
    readdirSync(dir)
      .sort()
      .map(file => [file, hash(path.join(dir, file))]),
  );
}

async function build(dir, platforms, nfpm, report) {
  rmSync(dir, { recursive: true, force: true });
  mkdirSync(dir, { recursive: true });
  execFileSync(process.execPath, [path.join(root, 'scripts', 'build.mjs')], { cwd: root, stdio: 'inherit' });
  await makeRelease({ dir, platforms, make: compile, nfpm, report });
}

async function main(argv) {
  const wanted = argv.filter(arg => arg !== '--verify');
  const unknown = wanted.filter(name => !Object.hasOwn(TARGETS, name));
  if (unknown.length > 0) {
    console.error(`unknown platform: ${unknown.join(', ')}; platforms: ${Object.keys(TARGETS).join(', ')}`);
    return 2;
  }
  const platforms = wanted.length > 0 ? wanted : Object.keys(TARGETS);
  const nfpm = nfpmPath();
  const isVerified = argv.includes('--verify');
  if (nfpm === undefined && isVerified) {
    console.error('deb and rpm packages cannot be made: neither nfpm nor a Go that can build it is installed');
    return 1;
  }
  if (nfpm === undefined)
    console.log('skipped: deb and rpm packages: neither nfpm nor a Go that can build it is installed');
  const dir = path.join(root, 'packages');
  await build(dir, platforms, nfpm, name => console.log(`packages/${name}`));
  if (!isVerified) return 0;
  const again = path.join(root, '.cache', 'packages-again');
  await build(again, platforms, nfpm, () => {});
  const [first, second] = [sumsOf(dir), sumsOf(again)];
  rmSync(again, { recursive: true, force: true });
  const different = [...new Set([...first.keys(), ...second.keys()])].filter(
    name => first.get(name) !== second.get(name),
  );
  if (different.length > 0) {
    console.error(`the second build is different: ${different.join(', ')}`);
    return 1;
  }
  console.log(`the second build is equal, byte for byte: ${first.size} files`);
  return 0;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main(process.argv.slice(2));
