/** Resolves abbreviated words by unique prefix. */

export interface Resolved {
  /** The full name. Undefined: no match, or more than one. */
  readonly name: string | undefined;
  /** The matches, if more than one name begins with the word. */
  readonly ambiguous: readonly string[];
}

/**
 * Resolves a word to a name: an exact match, else the only name that begins with the word.
 * @param meaningOf maps an alias to its command, so that two names of one command are not ambiguous
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
