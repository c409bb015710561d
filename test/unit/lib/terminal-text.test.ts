import { describe, expect, test } from 'vitest';
import {
  escapeForTerminal,
  escapeInDocument,
  escapeLogText,
  isSafeForTerminal,
} from '../../../src/lib/terminal-text.ts';
import { formatRfc3339, formatSpan, formatUntil } from '../../../src/lib/time.ts';

describe('foreign text', () => {
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
    expect(escapeForTerminal(text)).toBe(shown);
    expect(isSafeForTerminal(escapeForTerminal(text))).toBe(true);
  });

  test.each([
    ['Hangul filler', 0x3164],
    ['halfwidth Hangul filler', 0xffa0],
    ['Hangul choseong filler', 0x115f],
    ['combining grapheme joiner', 0x034f],
    ['Mongolian vowel separator', 0x180e],
    ['inhibit symmetric swapping', 0x206a],
    ['nominal digit shapes', 0x206f],
    ['Braille blank', 0x2800],
    ['variation selector 16', 0xfe0f],
    ['variation selector 17', 0xe0100],
    ['variation selector 256', 0xe01ef],
    ['zero width joiner', 0x200d],
    ['soft hyphen', 0xad],
    ['Arabic letter mark', 0x61c],
  ])('what is shown as nothing is seen: %s', (_, code) => {
    const shown = escapeForTerminal(`a${String.fromCodePoint(code)}b`);
    expect(shown).toMatch(/^a\\[xu{}0-9a-f]+b$/);
    expect(isSafeForTerminal(`a${String.fromCodePoint(code)}b`)).toBe(false);
  });

  test('in a log, tabs and emoji stay, and nothing else that is invisible', () => {
    expect(escapeLogText('\x1b[31mred\x1b[0m\t⚠️ done\ufe0f a\u200bb')).toBe('red\t⚠️ done\\ufe0f a\\u200bb');
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
