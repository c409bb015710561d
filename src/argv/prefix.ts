/** Words that are shortened to a prefix. */

export interface Resolved {
  /** The whole name; undefined: not one of ours. */
  readonly name: string | undefined;
  /** More than one name begins with the word. */
  readonly ambiguous: readonly string[];
}

/**
 * The name that a word means: itself, or the only one that begins with it.
 * @param meaningOf what a name stands for: two names of one thing are no second meaning
 */
export function resolvePrefix(
  word: string,
  names: readonly string[],
  meaningOf: (name: string) => string = name => name,
): Resolved {
  if (names.includes(word)) return { name: meaningOf(word), ambiguous: [] };
  if (word === '') return { name: undefined, ambiguous: [] };
  const matches = [...new Set(names.filter(name => name.startsWith(word)).map(meaningOf))];
  const [first] = matches;
  if (first !== undefined && matches.length === 1) return { name: first, ambiguous: [] };
  return { name: undefined, ambiguous: matches };
}
