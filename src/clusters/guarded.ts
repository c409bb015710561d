/** Which environments are guarded: production, and every environment that is not certainly something else. */

/** An environment name with other characters counts as production: it could be a disguised name. */
const PLAIN = /^[a-z0-9][a-z0-9 ._-]*$/;
/** Names of production, also as part of a word. */
const PRODUCTION = /prod|prd|live/;

/**
 * Does a cluster of this environment count as production?
 * @param environment the value in the registry; case and surrounding spaces are ignored; undefined: unknown or not verified
 */
export function isGuarded(environment: string | undefined): boolean {
  const name = environment?.trim().toLowerCase() ?? '';
  return !PLAIN.test(name) || PRODUCTION.test(name);
}
