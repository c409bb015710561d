/** The addresses and ports of a tunnel: what was typed, and which local ports are free. */

import { CliError, messageOf, systemErrorCode, UsageError } from '../../errors.ts';
import { freePort } from '../../platform/net/ports.ts';

export interface Port {
  readonly local: number;
  readonly remote: number;
}

/** It becomes part of an address of socat's, where a comma begins an option. */
export function checkHost(host: string): void {
  if (isIpAddress(host)) return;
  if (
    host.length <= 253 &&
    /^([a-z0-9_]([-a-z0-9_]{0,61}[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\.?$/i.test(host)
  )
    return;
  throw new UsageError(`not a host: ${host}`, {
    code: 'bad_host',
    hint: 'a name or an IP address; its ports come after it',
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
    throw new UsageError(`not a port: ${word}`, { code: 'bad_port', hint: 'REMOTE, or LOCAL:REMOTE' });
  }
  return port;
}

/** The ports with what 0 became. Throws CliError (1) when one of them cannot be had. */
export async function freePorts(address: string, ports: readonly Port[]): Promise<Port[]> {
  const taken = new Set<number>();
  const free: Port[] = [];
  for (const { local, remote } of ports) {
    if (taken.has(local))
      throw new UsageError(`the local port ${local} is there twice`, {
        code: 'bad_port',
        hint: `0:${remote} takes any`,
      });
    try {
      const port = await freePort(address, local);
      if (local !== 0) taken.add(local);
      free.push({ local: port, remote });
    } catch (error) {
      const reasons: Readonly<Record<string, string>> = {
        EADDRINUSE: 'is taken',
        EACCES: 'is not for you to use',
      };
      const reason = reasons[systemErrorCode(error) ?? ''] ?? `cannot be had: ${messageOf(error)}`;
      throw new CliError(`the local port ${local} ${reason}`, {
        code: 'port_taken',
        hint: `choose another, LOCAL:${remote}, or any: 0:${remote}`,
        cause: error,
      });
    }
  }
  return free;
}
