/** Formats times: short forms for people, RFC 3339 for everything else. */

/** Formats a duration in its two largest units: `45s`, `14m 30s`, `3h 20m`, `2d 4h`. Takes milliseconds; negative counts as zero. */
export function formatSpan(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 60) return `${seconds}s`;
  const units: [string, number][] = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ];
  const start = units.findIndex(([, size]) => seconds >= size);
  const [name, size] = units[start] ?? ['s', 1];
  const [nextName, nextSize] = units[start + 1] ?? ['s', 1];
  const rest = Math.floor((seconds % size) / nextSize);
  return rest === 0
    ? `${Math.floor(seconds / size)}${name}`
    : `${Math.floor(seconds / size)}${name} ${rest}${nextName}`;
}

/** `in 14m 30s`, or `expired 3m ago`. */
export function formatUntil(time: Date, now: Date): string {
  const ms = time.getTime() - now.getTime();
  return ms > 0 ? `in ${formatSpan(ms)}` : `expired ${formatSpan(-ms)} ago`;
}

/** RFC 3339 in UTC, without fractions of a second. */
export function formatRfc3339(time: Date): string {
  return time.toISOString().replace(/\.\d{3}Z$/, 'Z');
}

/** A measured time: `0.4 s`, `12 s`, `2m 5s`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  return seconds < 60 ? `${Math.round(seconds)} s` : formatSpan(seconds * 1000);
}
