/** bash splits words at `:` and `=` (COMP_WORDBREAKS) and keeps quotes. This file joins the pieces and removes the quotes. */

export interface BashWords {
  readonly words: readonly string[];
  /** The length of the part of the last word that bash does not replace. Candidates contain only the rest. */
  readonly cut: number;
}

/** @param pieces COMP_WORDS after the program name, up to the word under the cursor */
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
