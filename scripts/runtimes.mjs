// Provides the Bun runtimes and keyring libraries for the executables: official npm packages, pinned by version and SHA-512. Each is downloaded into .cache/ when it is
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

/** The libraries of the system's keyring: the packages that npm installs for the Node build, pinned in the same way. */
const KEYRING = {
  version: '2.1.2',
  libraries: {
    'linux-x64': {
      library: 'linux-x64-gnu',
      integrity: 'sha512-Fj5TmTnl2oriuCT5DDEYlhgxYes20uGfgOg10LK9PyPVsI8/PQ1m8I4rq/4A5hkrMtY7wvFb70YmX/yPHDYWvQ==',
    },
    'linux-x64-musl': {
      library: 'linux-x64-musl',
      integrity: 'sha512-C+KhAeU6x2A43FV3dOmMvUraJb8zsC9VZfsunjZ1cgtuAb208TALaUuAY0jThOphXqhyhBJOs2xTCQhOrRkJIw==',
    },
    'linux-arm64': {
      library: 'linux-arm64-gnu',
      integrity: 'sha512-PM+SAcl/yGzgGbeeCsKrnlG4T5DBIDjmDqtKm5an1bJz0o0gwSzR3BMiXf04JenkcqascZpdcIReoEvLj0cvCw==',
    },
    'linux-arm64-musl': {
      library: 'linux-arm64-musl',
      integrity: 'sha512-+ERS9oyInPCALN957cViBDbYJc724/Q+rZ8ZAz4rOHj4B4v0VR4OAWThdYZgZqD54sZVV0MdyX24qva97hYoAQ==',
    },
    'darwin-x64': {
      library: 'darwin-x64',
      integrity: 'sha512-wQihYroaQ3r++R6u5c9Gj0TCw1l1F53LCb5aLOXfVvT4DsnDnpe7p7VGYo4/33bLe0iqVevtAj+ET3yKCtOlJQ==',
    },
    'darwin-arm64': {
      library: 'darwin-arm64',
      integrity: 'sha512-vsInUWUzWS6/WzR/TFNwmdtmwKWjnnR8TOpvZ/pjjxDAkJB/waz37PWzp2b8AFcw1aCcq2aQ7k2vvbLQy8pTrw==',
    },
    'windows-x64': {
      library: 'win32-x64-msvc',
      integrity: 'sha512-yQtFdfuwqM0ezKlYO6r2n44in2LGzd4MC679Ddhvojip3t1hn+q/4I+gJU+cIJQVd5FAZSKNrK4tGfew3UTpAQ==',
    },
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
  const folder = unpacked(`@oven/bun-${runtime}`, BUN_VERSION, integrity, path.join(`bun-${BUN_VERSION}`, runtime));
  return path.join(folder, 'package', 'bin', name.startsWith('windows') ? 'bun.exe' : 'bun');
}

/** The path of the keyring's library for a platform. Downloads it if needed. */
export function keyringPath(name) {
  const { library, integrity } = KEYRING.libraries[name];
  const within = path.join(`keyring-${KEYRING.version}`, library);
  const folder = unpacked(`@napi-rs/keyring-${library}`, KEYRING.version, integrity, within);
  return path.join(folder, 'package', `keyring.${library}.node`);
}

/** The folder of an unpacked npm package below .cache. Downloads it if needed. Throws when its SHA-512 is another. */
function unpacked(packageName, version, integrity, within) {
  const folder = path.join(root, '.cache', within);
  if (existsSync(folder)) return folder;
  const dir = path.dirname(folder);
  mkdirSync(dir, { recursive: true });
  const spec = `${packageName}@${version}`;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work);
  try {
    // On Windows, npm is a script that only a shell can start. All arguments are constants of this file, so the shell is safe.
    run('npm', ['pack', '--silent', '--pack-destination', work, spec], { shell: process.platform === 'win32' });
    const archive = path.join(work, `${packageName.slice(1).replace('/', '-')}-${version}.tgz`);
    const actual = `sha512-${createHash('sha512').update(readFileSync(archive)).digest('base64')}`;
    if (actual !== integrity) throw new Error(`${spec}: wrong checksum: got ${actual}, expected ${integrity}`);
    run('tar', ['-xzf', archive, '-C', work]);
    rmSync(archive);
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
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
