/** Lists of names, short enough to read. */

/** The names of up to so many things are listed whole. */
const SHOWN = 8;
/** Of more things, so many are named. */
const BEGUN = 3;

/** `abckub, cart, checkout and 243 more` */
export function foldedNames(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ');
  return `${names.slice(0, BEGUN).join(', ')} and ${names.length - BEGUN} more`;
}
