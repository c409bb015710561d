/**
 * Names to addresses as the system does it, in a bounded time.
 * Rules: /etc/hosts and the name service switch count, as for every other program; where no name server answers, nothing is left hanging: a process
 * cannot end while its own getaddrinfo(3) waits, so a child that can be killed asks instead.
 */
import type { Io } from '../io.ts';

/** How long a name server may take (milliseconds). */
const QUERY_TIMEOUT_MS = 1_500;
const LOOKUP_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * The addresses of a host, best first.
 * @param servers name servers instead of the system's
 * Throws an error with the code ENOTFOUND, EAI_AGAIN or ETIMEOUT as Node's `dns` gives them.
 */
export async function lookupHost(
  host: string,
  spawn: Io['spawn'],
  platform: NodeJS.Platform,
  servers?: readonly string[],
): Promise<string[]> {
  const dns = await import('node:dns');
  if (host === 'localhost') return (await dns.promises.lookup(host, { all: true })).map(({ address }) => address);
  const resolver = new dns.promises.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 1 });
  if (servers) resolver.setServers(servers);
  const answers = await resolver.resolve4(host).then(
    () => true,
    (error: { code?: unknown }) => error.code !== dns.TIMEOUT,
  );
  if (!answers && platform === 'linux') return lookupByChild(host, spawn);
  const found = dns.promises.lookup(host, { all: true });
  found.catch(() => undefined);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(dnsError('ETIMEOUT', host)), LOOKUP_TIMEOUT_MS);
  });
  try {
    return (await Promise.race([found, late])).map(({ address }) => address);
  } finally {
    clearTimeout(timer);
  }
}

/** getent(1) reads /etc/hosts and all else that the name service switch names. */
async function lookupByChild(host: string, spawn: Io['spawn']): Promise<string[]> {
  const { stdout } = await spawn('/usr/bin/getent', ['ahosts', '--', host], {
    stdio: 'capture',
    timeoutMs: QUERY_TIMEOUT_MS,
  }).catch(() => ({ stdout: '' }));
  const addresses = [...stdout.matchAll(/^(\S+)/gm)].map(([address]) => address);
  if (addresses.length === 0) throw dnsError('EAI_AGAIN', host);
  return [...new Set(addresses)];
}

export function dnsError(code: string, host: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} ${host}`), { code, hostname: host, syscall: 'getaddrinfo' });
}

/** Of several addresses of a host, the first that takes a connection; undefined: none within the time. */
export async function firstToAnswer(addresses: readonly string[], port: number): Promise<string | undefined> {
  const net = await import('node:net');
  const sockets = addresses.map(host => net.connect({ host, port }));
  const tries = sockets.map(
    (socket, i) =>
      new Promise<string>((resolve, reject) => {
        socket.setTimeout(CONNECT_TIMEOUT_MS, () => reject(new Error('timeout')));
        socket.once('error', reject).once('connect', () => resolve(addresses[i] ?? ''));
      }),
  );
  try {
    return await Promise.any(tries);
  } catch {
    return undefined;
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}
