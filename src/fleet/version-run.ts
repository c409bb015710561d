/** Answers `kubectl version` in this process: kubectl's own versions once, and each server's. */
import { hasFlag, type KubectlLine, valueOfFlag } from '../kubectl/line.ts';
import { isRecord } from '../lib/json.ts';
import type { ApiReader } from './api-reader.ts';
import type { Answer } from './get-run.ts';

/** The output of `kubectl version --client -o json`. */
export type ClientVersion = Readonly<Record<string, unknown>>;

/** Undefined: another command, or one that only kubectl can answer. */
export function versionFormOf(line: KubectlLine | undefined): 'text' | 'json' | undefined {
  if (line?.verb !== 'version' || line.problem !== undefined || line.hasUnknownFlag || line.words.length > 0)
    return undefined;
  const output = valueOfFlag(line, '--output');
  if (!line.flags.every(({ name }) => name === '--output') || hasFlag(line, '--client')) return undefined;
  return output === undefined ? 'text' : output === 'json' ? 'json' : undefined;
}

export async function answerVersion(
  reader: ApiReader,
  form: 'text' | 'json',
  client: ClientVersion,
): Promise<Answer | undefined> {
  const { body } = await reader.get('/version', 'application/json');
  const [own, server] = [versionIn(client['clientVersion']), versionIn(body)];
  const kustomize = client['kustomizeVersion'];
  if (own === undefined || server === undefined || typeof kustomize !== 'string') return undefined;
  const stdout =
    form === 'json'
      ? `${JSON.stringify({ ...client, serverVersion: body }, undefined, 2)}\n`
      : `Client Version: ${own.gitVersion}\nKustomize Version: ${kustomize}\nServer Version: ${server.gitVersion}\n`;
  return { outcome: 'ok', exitCode: 0, stdout, stderr: `${reader.warnings}${skewWarning(own, server)}` };
}

interface Version {
  readonly gitVersion: string;
  readonly major: number;
  readonly minor: number;
}

function versionIn(value: unknown): Version | undefined {
  const gitVersion = isRecord(value) ? value['gitVersion'] : undefined;
  const [, major, minor] = /^v(\d+)\.(\d+)/.exec(typeof gitVersion === 'string' ? gitVersion : '') ?? [];
  return typeof gitVersion === 'string' && major !== undefined && minor !== undefined
    ? { gitVersion, major: Number(major), minor: Number(minor) }
    : undefined;
}

/** kubectl supports servers one minor version older or newer (Kubernetes version skew policy). */
function skewWarning(client: Version, server: Version): string {
  if (client.major === server.major && Math.abs(client.minor - server.minor) <= 1) return '';
  return `Warning: version difference between client (${client.major}.${client.minor}) and server (${server.major}.${server.minor}) exceeds the supported minor version skew of +/-1\n`;
}
