/** Words that are shortened to a prefix. */

export interface Resolved {
  /** The whole name; undefined: not one of ours. */
  readonly name: string | undefined;
  /** More than one name begins with the word. */
  readonly ambiguous: readonly string[];
}

/** The name that a word means: itself, or the only one that begins with it. */
export function resolvePrefix(word: string, names: readonly string[]): Resolved {
  if (names.includes(word)) return { name: word, ambiguous: [] };
  if (word === '') return { name: undefined, ambiguous: [] };
  const matches = names.filter(name => name.startsWith(word));
  // An alias beside its command is no second meaning: `li` is list, whether or not list-clusters begins so too.
  const [first] = matches;
  if (first !== undefined && matches.every(name => name === first || name === `${first}-clusters`))
    return { name: first, ambiguous: [] };
  return { name: undefined, ambiguous: matches };
}
