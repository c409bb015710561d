/**
 * The configuration that a company publishes in DNS: the TXT record `_zalando-kubectl._autoconfig.DOMAIN` has `KEY=VALUE` pairs, separated by spaces or
 * semicolons. Keys are ours or upstream's.
 * Rule: DNS is not authenticated. A record can name HTTPS services and clients; it cannot name a program, a file, a CA or a mirror.
 */
import { UsageError } from '../errors.ts';
import { UPSTREAM_KEYS, withScheme } from './file.ts';
import { type ConfigPath, keyAt } from './keys.ts';
import { parseText } from './values.ts';

/** The keys that a record can set. */
const PUBLISHED: ReadonlySet<string> = new Set<ConfigPath>([
  'registry.url',
  'auth.issuer',
  'auth.client_id',
  'auth.cluster_client_id',
  'auth.scopes',
  'auth.audience',
  'auth.redirect_url',
  'auth.role_help_url',
  'access.url',
  'access.incident_url',
  'dashboard.url',
]);

/** The name of the record. Throws UsageError (2) when the domain is not a host name (RFC 1123). */
export function autoconfigName(domain: string): string {
  const name = domain.replace(/\.$/, '');
  if (!/^(?=.{1,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]*[a-z0-9])?$/i.test(name))
    throw new UsageError(`not a domain: ${domain}`, {
      code: 'bad_domain',
      hint: 'zkubectl configure --domain example.org',
    });
  return `_zalando-kubectl._autoconfig.${name}`;
}

/**
 * The settings of a record. Throws UsageError (2) for a key or a value that it must not have.
 * @param texts the record's strings, one for each record
 */
export function parseAutoconfig(texts: readonly string[], source: string): Map<ConfigPath, string> {
  const settings = new Map<ConfigPath, string>();
  for (const pair of texts.flatMap(text => text.split(/[\s;]+/)).filter(Boolean)) {
    const at = pair.indexOf('=');
    const name = pair.slice(0, Math.max(at, 0));
    const path = Object.hasOwn(UPSTREAM_KEYS, name) ? UPSTREAM_KEYS[name] : name;
    const key = keyAt(path ?? '');
    if (at < 1 || key === undefined || !PUBLISHED.has(key.path))
      throw new UsageError(`${source} has ${JSON.stringify(pair)}: a record cannot set that`, {
        code: 'bad_autoconfig',
        hint: 'set the values yourself: zkubectl configure registry.url=URL auth.issuer=URL',
      });
    const typed = pair.slice(at + 1);
    const value = Object.hasOwn(UPSTREAM_KEYS, name) ? withScheme(typed) : typed;
    if (!/^[\x21-\x7e]+$/.test(value))
      throw new UsageError(`${source}: ${key.path} has characters that are not printable ASCII`, {
        code: 'bad_autoconfig',
      });
    const isWeb = key.type === 'url' || key.path === 'access.incident_url' || key.path === 'dashboard.url';
    if (isWeb && !value.startsWith('https://'))
      throw new UsageError(`${source}: ${key.path} must be an https URL`, { code: 'bad_autoconfig' });
    // A user name in a URL can pass for the host.
    if (isWeb && /^https:\/\/[^/?#]*@/.test(value))
      throw new UsageError(`${source}: ${key.path} must not have a user name`, { code: 'bad_autoconfig' });
    parseText(key, value, source, '/');
    if (settings.has(key.path) && settings.get(key.path) !== value)
      throw new UsageError(`${source} has two values for ${key.path}`, { code: 'bad_autoconfig' });
    settings.set(key.path, value);
  }
  return settings;
}
