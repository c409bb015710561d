/** Parses a command from an environment variable (BROWSER, EDITOR). */

/** Splits a command into words like a shell, without expansion and operators. */
export async function commandWords(text: string): Promise<string[]> {
  const { parse } = await import('../libraries/shell-quote.ts');
  const words = parse(text, name => `$${name}`).map(word =>
    typeof word === 'string' ? word : 'op' in word ? word.op : '',
  );
  return words.filter(word => word !== '');
}
