/** What a child's environment does not have. */
import type { Env } from '../io.ts';

/** Secrets that a user may have set for us. Who must have them is kubectl, which runs us for credentials, and what is run against a cluster by `on`. */
const SECRETS: ReadonlySet<string> = new Set(['ZKUBECTL_TOKEN', 'ZKUBECTL_AUTH_CLIENT_SECRET']);

export function withoutSecrets(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.has(name)));
}
