/** Fuzzy search: a line matches when every typed word is a subsequence of the line. The best match comes first. */

/**
 * The matching items, best first. Equally good matches keep their order. With no typed text, all items in their order.
 * @param text returns the line that is shown for an item
 */
export function bestMatches<T>(items: readonly T[], typed: string, text: (item: T) => string): T[] {
  const words = typed.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [...items];
  const scored: { item: T; score: number }[] = [];
  for (const item of items) {
    const line = text(item).toLowerCase();
    let score = 0;
    for (const word of words) {
      const one = scoreOf(line, word);
      if (one === undefined) {
        score = Number.NaN;
        break;
      }
      score += one;
    }
    if (!Number.isNaN(score)) scored.push({ item, score });
  }
  // Array.sort is stable, so equal scores keep their order.
  return scored.sort((a, b) => b.score - a.score).map(({ item }) => item);
}

const WORD_BEGINS = /[^a-z0-9]/;

/** A higher score for longer and earlier matches. The start of the line scores highest, then the start of a word. */
function scoreOf(line: string, word: string): number | undefined {
  const whole = line.indexOf(word);
  if (whole === 0) return 4000 - (line[word.length] === ' ' || line.length === word.length ? 0 : 100);
  if (whole > 0) {
    for (let at = whole; at !== -1; at = line.indexOf(word, at + 1))
      if (WORD_BEGINS.test(line[at - 1] ?? '')) return 3000 - Math.min(at, 500);
    return 2000 - Math.min(whole, 500);
  }
  let at = -1;
  let first = -1;
  for (const letter of word) {
    at = line.indexOf(letter, at + 1);
    if (at === -1) return undefined;
    if (first === -1) first = at;
  }
  return 1000 - Math.min(at - first, 500);
}
