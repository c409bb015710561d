/** The addresses and ports of a tunnel: what was typed, and which local ports are free. */

import { CliError, messageOf, systemErrorCode, UsageError } from '../../errors.ts';
import { freePort } from '../../platform/net/ports.ts';

export interface Port {
  readonly local: number;
  readonly remote: number;
}

/** Throws UsageError for an invalid host: the host becomes part of a socat address, where a comma starts an option. */
export function checkHost(host: string): void {
  if (isIpAddress(host)) return;
  if (
    host.length <= 253 &&
    /^([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.?$/i.test(host)
  )
    return;
  throw new UsageError(`invalid host: ${host}`, {
    code: 'bad_host',
    hint: 'use a host name or an IP address, followed by the ports',
  });
}

export function isIpAddress(text: string): boolean {
  if (text.includes(':')) return /^[0-9a-fA-F:.]+$/.test(text) && URL.canParse(`http://[${text}]`);
  return /^(\d{1,3}\.){3}\d{1,3}$/.test(text) && URL.canParse(`http://${text}`);
}

export function parsePort(word: string): Port {
  const [, local, remote] = /^(?:(\d{0,5}):)?(\d{1,5})$/.exec(word) ?? [];
  const port = { local: Number(local ?? remote), remote: Number(remote) };
  if (remote === undefined || port.remote < 1 || port.remote > 65_535 || port.local > 65_535) {
    throw new UsageError(`invalid port: ${word}`, { code: 'bad_port', hint: 'use REMOTE, or LOCAL:REMOTE' });
  }
  return port;
}

/** The ports, with a free local port in place of 0. Throws CliError (1) when a local port is not available. */
export async function freePorts(addresses: readonly string[], ports: readonly Port[]): Promise<Port[]> {
  const taken = new Set<number>();
  const free: Port[] = [];
  for (const { local, remote } of ports) {
    if (taken.has(local))
      throw new UsageError(`the local port ${local} is given twice`, {
        code: 'bad_port',
        hint: `use 0:${remote} for any free port`,
      });
    try {
      const [first = '', ...others] = addresses;
      const port = await freePort(first, local);
      for (const address of others) await freePort(address, port);
      if (local !== 0) taken.add(local);
      free.push({ local: port, remote });
    } catch (error) {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'is already in use',
        EACCES: 'is not permitted (EACCES)',
      };
      const reason = reasons[systemErrorCode(error) ?? ''] ?? `is not available: ${messageOf(error)}`;
      throw new CliError(`the local port ${local} ${reason}`, {
        code: 'port_taken',
        hint: `use another port, LOCAL:${remote}, or any free port, 0:${remote}`,
        cause: error,
      });
    }
  }
  return free;
}
