/** Secrets in deployment files: `deployment-secret:2:ALIAS:BASE64`; version 1, without the `2:`, is read too. */
import { CliError, UsageError } from '../../errors.ts';
import { type Cluster, isAlias } from '../../registry/cluster.ts';

const PREFIX = 'deployment-secret';

export function formatSecret(alias: string, ciphertext: Uint8Array): string {
  return `${PREFIX}:2:${alias}:${Buffer.from(ciphertext).toString('base64')}`;
}

/** The parts of a deployment secret. Throws UsageError for any other text. */
export function parseSecret(text: string): { alias: string; ciphertext: Buffer } {
  const parts = text.trim().split(':');
  const [prefix, alias = '', base64 = ''] =
    parts[1] === '2' && parts.length === 4 ? [parts[0], parts[2], parts[3]] : parts;
  const isSecret = prefix === PREFIX && parts.length <= 4 && (parts.length === 3 || parts[1] === '2');
  if (!isSecret || !isAlias(alias) || !/^[A-Za-z0-9+/]+={0,2}$/.test(base64) || base64.length % 4 !== 0) {
    throw new UsageError('not a deployment secret', {
      code: 'bad_secret',
      hint: `the format is ${PREFIX}:2:ALIAS:BASE64`,
    });
  }
  return { alias, ciphertext: Buffer.from(base64, 'base64') };
}

/** The AWS region of a cluster's KMS key. Throws CliError (1) when the registry has no region. */
export function regionOf(cluster: Cluster): string {
  if (/^[a-z]{2}(-[a-z]+)+-\d$/.test(cluster.region)) return cluster.region;
  throw new CliError(`the registry has no AWS region for ${cluster.alias}`, { code: 'no_region' });
}

/** `--strip`, `--strip=false` and `--no-strip`, as upstream takes them. Throws UsageError (2). */
export function stripOf(flag: boolean | string | undefined): boolean {
  if (typeof flag !== 'string') return flag ?? true;
  if (/^(true|false)$/i.test(flag)) return flag.toLowerCase() === 'true';
  throw new UsageError(`--strip is true or false, not ${flag}`, { code: 'bad_flag' });
}
