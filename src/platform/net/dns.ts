/**
 * Resolves host names like the system does, with a time limit.
 * Rules: /etc/hosts and the name service switch are used, as in every other program. A lookup never delays the exit: a process cannot end while
 * getaddrinfo(3) waits. So when no name server answers, a child process calls it, and the child can be killed.
 */
import type { Io } from '../io.ts';

/** The time limit for one query to a name server (milliseconds). */
const QUERY_TIMEOUT_MS = 1_500;
const LOOKUP_TIMEOUT_MS = 5_000;
const CONNECT_TIMEOUT_MS = 2_000;

/**
 * The addresses of a host, best first.
 * @param servers name servers to ask instead of the system's
 * Throws an error with the code ENOTFOUND, EAI_AGAIN or ETIMEOUT, as in Node's `dns`.
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

/** The TXT records of a name. A record of several strings is one text (RFC 1035, section 3.3.14). @param servers name servers to ask instead of the system's */
export async function textRecordsOf(name: string, servers?: readonly string[]): Promise<string[]> {
  const { promises } = await import('node:dns');
  const resolver = new promises.Resolver({ timeout: QUERY_TIMEOUT_MS, tries: 2 });
  if (servers) resolver.setServers(servers);
  return (await resolver.resolveTxt(name)).map(strings => strings.join(''));
}

/** Uses getent(1), which reads /etc/hosts and every other source in nsswitch.conf(5). */
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

/** The first of a host's addresses that accepts a connection. Undefined: none did within the time limit. */
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
