/** Finds names similar to an unknown name, for "did you mean". */

/** Up to `count` similar names, best first: names that begin with the text, contain it, or differ by a few edits. */
export function nearest(text: string, names: Iterable<string>, count = 3): string[] {
  const wanted = text.toLowerCase();
  const limit = Math.max(2, Math.floor(wanted.length / 3));
  const scored: { name: string; score: number }[] = [];
  for (const name of names) {
    const candidate = name.toLowerCase();
    let score: number;
    if (wanted !== '' && candidate.startsWith(wanted)) score = 0.5;
    else if (wanted.length > 2 && candidate.includes(wanted)) score = 0.75;
    else score = editDistance(wanted, candidate, limit);
    if (score <= limit) scored.push({ name, score });
  }
  scored.sort((a, b) => a.score - b.score || (a.name < b.name ? -1 : 1));
  return scored.slice(0, count).map(s => s.name);
}

/** The Levenshtein distance, counting adjacent swaps as one edit. Returns `limit + 1` for any distance above `limit`. */
function editDistance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let beforePrevious: number[] = [];
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const cost = a[i - 1] === b[j - 1] ? 0 : 1;
      let best = Math.min((previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (previous[j - 1] ?? 0) + cost);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        best = Math.min(best, (beforePrevious[j - 2] ?? 0) + 1);
      row.push(best);
    }
    beforePrevious = previous;
    previous = row;
  }
  return previous[b.length] ?? limit + 1;
}
