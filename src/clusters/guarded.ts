/** Which environments are guarded: production, and everything that is not surely something else. */

/** Words of which an environment that is certainly not production is made. */
const PLAIN = /^[a-z0-9][a-z0-9 ._-]*$/;
/** What production is called, also as a part of a word. */
const PRODUCTION = /prod|prd|live/;

/**
 * Does a cluster of this environment count as production?
 * @param environment as the registry says it; case and surrounding spaces do not count; undefined: nobody vouches for it
 */
export function isGuarded(environment: string | undefined): boolean {
  const name = environment?.trim().toLowerCase() ?? '';
  return !PLAIN.test(name) || PRODUCTION.test(name);
}
