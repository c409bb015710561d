/** Which environments are guarded: production, and every environment that is not certainly something else. */

/** An environment name with other characters counts as production: it could be a disguised name. */
const PLAIN = /^[a-z0-9][a-z0-9 ._-]*$/;
/** Names of production, also as part of a word. */
const PRODUCTION = /prod|prd|live/;

/**
 * Does a cluster of this environment count as production?
 * @param environment the value in the registry; case and surrounding spaces are ignored; undefined: unknown or not verified
 * @param guarded the guarded environments, by configuration; undefined: production, by its usual names
 */
export function isGuarded(environment: string | undefined, guarded?: readonly string[]): boolean {
  const name = plain(environment ?? '');
  if (!PLAIN.test(name)) return true;
  return guarded === undefined ? PRODUCTION.test(name) : guarded.some(other => plain(other) === name);
}

function plain(name: string): string {
  return name.trim().toLowerCase();
}
