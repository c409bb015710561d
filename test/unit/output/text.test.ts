import { describe, expect, test } from 'vitest';
import { escapeInDocument, harmless, isHarmless } from '../../../src/output/text.ts';
import { formatRfc3339, formatSpan, formatUntil } from '../../../src/output/time.ts';

describe('harmless', () => {
  test.each([
    ['plain ünïcode → 日本', 'plain ünïcode → 日本'],
    ['\x1b[31mred', '\\x1b[31mred'],
    ['\x1b]8;;http://evil\x07', '\\x1b]8;;http://evil\\x07'],
    ['a\r\nb\tc', 'a\\r\\nb\\tc'],
    ['\x9b2J', '\\x9b2J'],
    ['\u202egnp.exe', '\\u202egnp.exe'],
    ['a\u200bb\ufeff', 'a\\u200bb\\ufeff'],
    ['\u2028', '\\u2028'],
    ['\u{e0041}', '\\u{e0041}'],
    ['\ud800x', '\\ud800x'],
    ['👩‍💻'.replace('\u200d', ''), '👩💻'],
    ['\x7f\0', '\\x7f\\x00'],
  ])('%j is shown as %j', (text, shown) => {
    expect(harmless(text)).toBe(shown);
    expect(isHarmless(harmless(text))).toBe(true);
  });

  test('in a document the value stays', () => {
    const text = 'a\u202e\u009b\u{e0041}b';
    const document = escapeInDocument(JSON.stringify({ text }, null, 1));
    expect(document).toMatch(/^[\x20-\x7e\n]*$/);
    expect(JSON.parse(document)).toEqual({ text });
  });
});

describe('times', () => {
  test.each([
    [0, '0s'],
    [-5, '0s'],
    [59_400, '59s'],
    [60_000, '1m'],
    [870_000, '14m 30s'],
    [3_600_000, '1h'],
    [12_000_000, '3h 20m'],
    [200_000_000, '2d 7h'],
  ])('%i ms is %s', (ms, text) => {
    expect(formatSpan(ms)).toBe(text);
  });

  test('until, and RFC 3339', () => {
    const now = new Date('2026-01-02T03:04:05.678Z');
    expect(formatUntil(new Date(now.getTime() + 60_000), now)).toBe('in 1m');
    expect(formatUntil(new Date(now.getTime() - 60_000), now)).toBe('expired 1m ago');
    expect(formatRfc3339(now)).toBe('2026-01-02T03:04:05Z');
  });
});
