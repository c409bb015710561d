/** bash cuts words at `:` and `=` (COMP_WORDBREAKS) and leaves quotes in them: they are put together again here. */

export interface BashWords {
  readonly words: readonly string[];
  /** How much of the last word bash keeps as it stands: a candidate is only what comes after it. */
  readonly cut: number;
}

/** @param pieces COMP_WORDS after the name of the program, up to the one under the cursor */
export function joinBashWords(pieces: readonly string[]): BashWords {
  const words: string[] = [];
  let joins = false;
  let cut = 0;
  for (const piece of pieces) {
    const isBreak = /^[:=]+$/.test(piece);
    if ((isBreak || joins) && words.length > 0) {
      const before = words.pop() ?? '';
      words.push(before + piece);
      cut = isBreak ? before.length + piece.length : before.length;
    } else {
      words.push(piece);
      cut = 0;
    }
    joins = isBreak;
  }
  const unquoted = words.map(unquote);
  const last = words.at(-1) ?? '';
  const lost = last.length - (unquoted.at(-1) ?? '').length;
  return { words: unquoted, cut: Math.max(0, cut - (cut > 0 ? lost : 0)) };
}

/** The word without its quotes. Nothing in it is expanded. */
function unquote(word: string): string {
  return word.replace(/^["']|["']$/g, '').replace(/\\(.)/g, '$1');
}
