/** Words for a POSIX shell, in lines that are there to be copied or evaluated. */

/** The text in single quotes. */
export function quotePosix(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The word as it is where a shell leaves it alone, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quotePosix(word);
}
