/** A command as a variable of the environment holds it (BROWSER, EDITOR). */

/** Its words, split like a shell would split them: only words, no expansion, no operators. */
export async function commandWords(text: string): Promise<string[]> {
  const { parse } = await import('../libraries/shell-quote.ts');
  const words = parse(text, name => `$${name}`).map(word =>
    typeof word === 'string' ? word : 'op' in word ? word.op : '',
  );
  return words.filter(word => word !== '');
}
