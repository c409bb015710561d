/**
 * Downloads kubectl from the mirror if none is installed.
 * Rule: the SHA-256 of the download is checked. The file is put into the cache atomically.
 */
import path from 'node:path';
import { CliError, UnreachableError } from '../errors.ts';
import { ensurePrivateDir, writeFileAtomic } from '../platform/files/files.ts';
import { sha256Hex } from '../platform/files/hash.ts';
import { withLock } from '../platform/files/lock.ts';
import { CACHE, lockDir } from '../platform/files/paths.ts';
import { isOwnFile } from '../platform/files/read.ts';
import { isExecutableFile } from '../platform/files/stat.ts';
import type { Io } from '../platform/io.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';
import type { KubectlIo, KubectlSettings } from './settings.ts';

export const PINNED_VERSION = 'v1.35.2';
export const OFFICIAL_MIRROR = 'https://dl.k8s.io';

/** SHA-256 of the pinned Kubernetes release. Downloads from the official mirror must match. */
const OFFICIAL_SHA256: Readonly<Record<string, string>> = {
  'darwin/amd64': '163955964d4ed9e66656eab45c0114f5c1110d1b430ace432b20ddc430023df5',
  'darwin/arm64': 'b0b59cdd7ba20ca20b85214943100e578dd50ddd85242fcddf277a87c2249706',
  'linux/amd64': '924eb50779153f20cb668117d141440b95df2f325a64452d78dff9469145e277',
  'linux/arm64': 'cd859449f54ad2cb05b491c490c13bb836cdd0886ae013c0aed3dd67ff747467',
  'windows/amd64': 'a6d02010aae330a3031afe7843747d5a18db59c9f0bca415e45fb24bbdccdd2c',
};

const DOWNLOAD_TIMEOUT_MS = 300_000;
const MAX_BINARY_BYTES = 256 * 1024 * 1024;

function platformName(io: Pick<Io, 'platform' | 'arch'>): { os: string; arch: string } {
  const os = io.platform === 'win32' ? 'windows' : io.platform;
  const arch = io.arch === 'x64' ? 'amd64' : io.arch;
  return { os, arch };
}

/** The path of the pinned kubectl in the cache. Downloads it if needed. Throws UnreachableError (6) when that is not possible. */
export async function downloadedKubectl(io: KubectlIo, settings: KubectlSettings): Promise<string> {
  const { os, arch } = platformName(io);
  const name = os === 'windows' ? 'kubectl.exe' : 'kubectl';
  const dir = path.join(settings.paths.cache, CACHE.kubectl, `${PINNED_VERSION}-${os}-${arch}`);
  const file = path.join(dir, name);
  if (isExecutableFile(file) && isOwnFile(file)) return file;
  if (settings.offline)
    throw new UnreachableError('kubectl not found, and --offline forbids the download', {
      code: 'no_kubectl',
      hint: INSTALL,
    });
  const lock = lockDir(settings.paths.state, 'kubectl-download');
  return withLock(
    io,
    lock,
    { timeoutMs: DOWNLOAD_TIMEOUT_MS, onWait: pid => settings.say(`process ${pid} is downloading kubectl`) },
    async () => {
      if (isExecutableFile(file) && isOwnFile(file)) return file;
      const binary = await download(
        io,
        settings,
        `${settings.mirror.replace(/\/+$/, '')}/release/${PINNED_VERSION}/bin/${os}/${arch}/${name}`,
        `${os}/${arch}`,
      );
      ensurePrivateDir(settings.paths.cache);
      ensurePrivateDir(dir);
      writeFileAtomic(file, binary, { mode: 0o700, own: true });
      return file;
    },
  );
}

async function download(
  { now }: Pick<KubectlIo, 'now'>,
  settings: KubectlSettings,
  url: string,
  target: string,
): Promise<Buffer> {
  const service = 'the kubectl mirror';
  const http = await settings.http();
  settings.say(`kubectl not found on PATH; downloading ${PINNED_VERSION} from ${parseServiceUrl(service, url).host}`);
  const started = now().getTime();
  const onProgress = (received: number, total: number | undefined) =>
    settings.progress(downloadText(received, total, now().getTime() - started));
  const get = async (address: string, maxBytes: number): Promise<Buffer> => {
    const response = await http.send({
      service,
      url: address,
      redirects: 'any',
      timeoutMs: DOWNLOAD_TIMEOUT_MS,
      maxBytes,
      ...(maxBytes > 4096 ? { onProgress } : {}),
    });
    if (response.status === 200) return response.body;
    throw new UnreachableError(`${service} has no ${new URL(address).pathname} (HTTP ${response.status})`, {
      code: 'no_download',
      hint: INSTALL,
    });
  };
  try {
    const expected = await expectedSha256(settings.mirror, target, () => get(`${url}.sha256`, 4096));
    const binary = await get(url, MAX_BINARY_BYTES);
    const actual = sha256Hex(binary);
    if (actual === expected) return binary;
    throw new CliError(`the downloaded kubectl has a wrong checksum: SHA-256 ${actual}, expected ${expected}`, {
      code: 'checksum_mismatch',
      hint: `check kubectl.mirror, or ${INSTALL}; the download was discarded`,
    });
  } catch (error) {
    if (error instanceof UnreachableError && error.hint !== INSTALL) {
      throw new UnreachableError(`kubectl not found, and the download failed: ${error.message}`, {
        code: 'no_kubectl',
        hint: INSTALL,
        cause: error,
      });
    }
    throw error;
  }
}

const INSTALL = 'install kubectl on PATH (https://kubernetes.io/docs/tasks/tools/), or set kubectl.path';

/** For the official mirror: the built-in SHA-256 of the pinned release. For another mirror: the SHA-256 from its .sha256 file. */
async function expectedSha256(mirror: string, target: string, fetchSum: () => Promise<Buffer>): Promise<string> {
  const official = OFFICIAL_SHA256[target];
  if (mirror.replace(/\/+$/, '') === OFFICIAL_MIRROR && official !== undefined) return official;
  const text = (await fetchSum()).toString('utf8').trim().split(/\s/)[0]?.toLowerCase() ?? '';
  if (/^[0-9a-f]{64}$/.test(text)) return text;
  throw new UnreachableError('the kubectl mirror has no valid SHA-256 file for kubectl', {
    code: 'no_checksum',
    hint: INSTALL,
  });
}

/** The progress text of the download. @param tookMs the time since its start */
export function downloadText(received: number, total: number | undefined, tookMs: number): string {
  const mib = (bytes: number) => `${(bytes / 1048576).toFixed(1)} MiB`;
  if (total === undefined) return `downloading kubectl: ${mib(received)}`;
  // An estimate from the first second is not reliable.
  const left =
    received > 0 && tookMs >= 1000 ? Math.ceil(((total - received) / received) * (tookMs / 1000)) : undefined;
  return `downloading kubectl: ${mib(received)} of ${mib(total)}${left === undefined ? '' : `, ${left}s left`}`;
}
