// Provides the Bun runtimes for the executables: official npm packages, pinned by version and SHA-512. Each is downloaded into .cache/ when it is
// needed, so `npm ci` downloads none of them.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
export const BUN_VERSION = '1.4.5';

/** The platforms by the name of their executable. `baseline` also runs on x64 processors without AVX2. */
export const TARGETS = {
  'linux-x64': {
    runtime: 'linux-x64-baseline',
    integrity: 'sha512-s8yMwYcFnnrA178gji0gZbkE2WVDej/Ti1x770oPfihxyRxSMNhGhiAQNXV53aDeraZxksdvKV/RAdQBCd0qPA==',
  },
  'linux-x64-musl': {
    runtime: 'linux-x64-musl-baseline',
    integrity: 'sha512-cWJhU8h0+MiUgpSt99sQhjxLIIosKEcKYdtKddohokUvAuN6jKOy7g7+QDTZTXtwHxz93wL3BX+L6wXVPDUH3A==',
  },
  'linux-arm64': {
    runtime: 'linux-aarch64',
    integrity: 'sha512-4BXmsSKnjOrlGWqZV4x/oWa7AVoR+B6lCXddMzOAXBIm3t50eslg9wb66gmtW1AamEQ1l1CDvmmruysEhqOWMg==',
  },
  'linux-arm64-musl': {
    runtime: 'linux-aarch64-musl',
    integrity: 'sha512-XCNc+WvvMAdNNb+OWTogpy+N9wm62fkVeEVLb6how0RZhW5LPi6c7BlkeVCuWps7XjEl2saFpHFa20/1E+PAHg==',
  },
  'darwin-x64': {
    runtime: 'darwin-x64-baseline',
    integrity: 'sha512-zqfLA5A4B+hYMh5WYzYSot3uZ06FzhdP0OEwQisEzdirYtXGj5cQFlfy31BGfNsAsk1Gd/w/OxJ/jqqJ3cMclw==',
  },
  'darwin-arm64': {
    runtime: 'darwin-aarch64',
    integrity: 'sha512-4MIFXHmctH2EhAxLXm2/qxNtv17dFtLJylvaOCsrgq6KSqHTs6eW5YSrJjRbJxYUJaR901fsN8JfZOa+CsWpWQ==',
  },
  'windows-x64': {
    runtime: 'windows-x64-baseline',
    integrity: 'sha512-/U3Dc74uGqE6EUqef7mPtg9KwJs7iJH4JHRMfIZIn18MrJh6Xz4gVvWDXRvzCL2j8wPlTnJVyrO4n7Qq4uM7TQ==',
  },
};

/** The name of this platform in TARGETS. Undefined: this platform is not supported. */
export function hostTarget() {
  const os = process.platform === 'win32' ? 'windows' : process.platform;
  const isMusl = os === 'linux' && !process.report.getReport().header.glibcVersionRuntime;
  const name = `${os}-${process.arch}${isMusl ? '-musl' : ''}`;
  return Object.hasOwn(TARGETS, name) ? name : undefined;
}

/** The path of the released Bun for a platform. Downloads it if needed. */
export function runtimePath(name) {
  const { runtime, integrity } = TARGETS[name];
  const dir = path.join(root, '.cache', `bun-${BUN_VERSION}`);
  const file = path.join(dir, runtime, 'package', 'bin', name.startsWith('windows') ? 'bun.exe' : 'bun');
  if (existsSync(file)) return file;
  mkdirSync(dir, { recursive: true });
  const spec = `@oven/bun-${runtime}@${BUN_VERSION}`;
  const work = path.join(dir, `${runtime}.${process.pid}`);
  mkdirSync(work);
  try {
    // On Windows, npm is a script that only a shell can start. All arguments are constants of this file, so the shell is safe.
    run('npm', ['pack', '--silent', '--pack-destination', work, spec], { shell: process.platform === 'win32' });
    const archive = path.join(work, `oven-bun-${runtime}-${BUN_VERSION}.tgz`);
    const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (actual !== integrity) throw new Error(`${spec}: wrong checksum: got ${actual}, expected ${integrity}`);
    run('tar', ['-xzf', archive, '-C', work]);
    rmSync(archive);
    rmSync(path.join(dir, runtime), { recursive: true, force: true });
    renameSync(work, path.join(dir, runtime));
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return file;
}

/**
 * Environment variables that make a Bun executable run other code, connect to a debugger, write files or send reports. Bun cannot disable them.
 * So our copy of the runtime looks for names that start with `=`, which no variable can have.
 */
const DISARMED = [
  'BUN_OPTIONS',
  'BUN_BE_BUN',
  'BUN_INSPECT',
  'BUN_BYTECODE_ORDER_OUT',
  'BUN_BYTECODE_ORDER_NAMES_OUT',
  'BUN_BYTECODE_DIGEST_OUT',
  'BUN_CRASH_REPORT_URL',
  'BUN_ENABLE_CRASH_REPORTING',
];

/** The path of a platform's Bun that ignores the variables above. Creates it if needed. */
export function disarmedRuntimePath(name) {
  const source = runtimePath(name);
  const target = `${source}.disarmed`;
  const stamp = `${target}.names`;
  const names = DISARMED.join('\n');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === names) return target;
  const bytes = readFileSync(source);
  for (const variable of DISARMED) {
    const wanted = Buffer.from(variable);
    let found = 0;
    for (let at = bytes.indexOf(wanted); at !== -1; at = bytes.indexOf(wanted, at + wanted.length)) {
      bytes[at] = '='.charCodeAt(0);
      found++;
    }
    if (found === 0)
      throw new Error(`${variable} not found in ${source}: check how this version of Bun reads the variable`);
  }
  writeFileSync(target, bytes, { mode: 0o755 });
  writeFileSync(stamp, names);
  return target;
}

export function run(file, args, options = {}) {
  const { status, error, stderr } = spawnSync(file, args, { cwd: root, encoding: 'utf8', ...options });
  if (error) throw error;
  if (status !== 0) throw new Error(`${file} ${args.join(' ')}: exit code ${status}\n${stderr ?? ''}`);
}
