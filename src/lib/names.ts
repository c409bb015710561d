/** Lists of names, short enough to read. */

/** Up to this many names are all listed. */
const SHOWN = 8;
/** Of a longer list, this many names are listed. */
const BEGUN = 3;

/** `abckub, cart, checkout and 243 more` */
export function foldedNames(names: readonly string[]): string {
  if (names.length <= SHOWN) return names.join(', ');
  return `${names.slice(0, BEGUN).join(', ')} and ${names.length - BEGUN} more`;
}
