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

/** The age of a timestamp (RFC 3339), as kubectl shows it: `45s`, `12m`, `3h20m`, `2d4h`, `30d` (apimachinery, duration.HumanDuration). */
export function kubectlAge(timestamp: unknown, now: Date): string {
  if (typeof timestamp !== 'string') return '<unknown>';
  const seconds = Math.trunc((now.getTime() - new Date(timestamp).getTime()) / 1000);
  if (seconds < -1) return '<invalid>';
  if (seconds < 0) return '0s';
  if (seconds < 120) return `${seconds}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 10) return seconds % 60 === 0 ? `${minutes}m` : `${minutes}m${seconds % 60}s`;
  if (minutes < 180) return `${minutes}m`;
  const hours = Math.floor(minutes / 60);
  if (hours < 8) return minutes % 60 === 0 ? `${hours}h` : `${hours}h${minutes % 60}m`;
  if (hours < 48) return `${hours}h`;
  const days = Math.floor(hours / 24);
  if (days < 8) return hours % 24 === 0 ? `${days}d` : `${days}d${hours % 24}h`;
  const years = Math.floor(days / 365);
  if (days < 730) return `${days}d`;
  return days < 8 * 365 && days % 365 > 0 ? `${years}y${days % 365}d` : `${years}y`;
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

const DURATION_UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** A duration in Go's syntax (`90s`, `1h30m`, `1.5h`), also with days (`2d`), in milliseconds. Undefined: it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d{1,7}(?:\.\d{1,9})?)(ms|[smhd])/g)];
  if (parts.length === 0 || parts.map(part => part[0]).join('') !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (DURATION_UNITS[unit ?? ''] ?? 0), 0);
}
