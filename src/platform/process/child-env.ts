/** Removes secrets from the environment of child processes. */
import type { Env } from '../io.ts';

/** Secrets that the user may set for zkubectl. Only kubectl (which runs zkubectl for credentials) and the commands of `on` receive them. */
const SECRETS: ReadonlySet<string> = new Set([
  'ZKUBECTL_TOKEN',
  'ZKUBECTL_AUTH_CLIENT_SECRET',
  // It keeps the variables above while a shell uses the sandbox.
  'ZKUBECTL_SANDBOX_PREVIOUS',
]);

export function withoutSecrets(env: Env): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !SECRETS.has(name)));
}
