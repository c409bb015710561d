import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LineSplitter, LogPosition, parseLogLine } from '../../../src/kubernetes/log-lines.ts';

describe('LineSplitter', () => {
  test('gives the same whole lines however the text is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.string().map(s => s.replaceAll('\n', ''))), fc.array(fc.nat(40)), (lines, cuts) => {
        const text = lines.map(line => `${line}\n`).join('');
        const splitter = new LineSplitter();
        const seen: string[] = [];
        let at = 0;
        for (const cut of cuts) {
          seen.push(...splitter.push(text.slice(at, at + cut)));
          at += cut;
        }
        seen.push(...splitter.push(text.slice(at)));
        expect([seen, splitter.end()]).toEqual([lines, '']);
      }),
    );
  });

  test('a line without an end comes in pieces and does not grow for ever', () => {
    const splitter = new LineSplitter();
    expect(splitter.push('x'.repeat(700_000))).toEqual([]);
    expect(splitter.push('x'.repeat(700_000))).toEqual(['x'.repeat(1_400_000)]);
    expect(splitter.end()).toBe('');
  });
});

test.each([
  ['2026-01-02T03:04:05.123456789Z hello', '2026-01-02T03:04:05.123456789Z', 'hello'],
  ['2026-01-02T03:04:05Z  two spaces', '2026-01-02T03:04:05Z', ' two spaces'],
  ['2026-01-02T03:04:05.1+02:00 ', '2026-01-02T03:04:05.1+02:00', ''],
  ['2026-01-02T03:04:05Z dos\r', '2026-01-02T03:04:05Z', 'dos'],
  ['failed to get parse function', '', 'failed to get parse function'],
])('%j is a time and a message', (line, timestamp, message) => {
  expect(parseLogLine(line)).toEqual({ timestamp, message });
});

describe('LogPosition', () => {
  const at = (timestamp: string) => ({ timestamp, message: '' });

  test('after a break every line comes once, also where several have one time', () => {
    const fractions = ['', '.1', '.12', '.5', '.5', '.5', '.75'];
    const log = fractions.map(fraction => at(`2026-01-02T03:04:05${fraction}Z`));
    for (let cut = 1; cut <= log.length; cut++) {
      const position = new LogPosition();
      const seen = log.slice(0, cut).filter(line => position.advance(line));
      position.restart();
      // The server counts in whole seconds: it gives all of them again.
      const more = log.filter(line => position.advance(line));
      expect([...seen, ...more]).toEqual(log);
      expect(position.since).toBe('2026-01-02T03:04:05.75Z');
    }
  });

  test('lines whose times go back are lines all the same', () => {
    const position = new LogPosition();
    expect(['05.2Z', '05.1Z', '05.3Z'].map(time => position.advance(at(`2026-01-02T03:04:${time}`)))).toEqual([
      true,
      true,
      true,
    ]);
  });

  test('a new stream that has lost what was seen last goes on with what it has', () => {
    const position = new LogPosition();
    position.advance(at('2026-01-02T03:04:05Z'));
    position.restart();
    expect(position.advance(at('2026-01-02T03:04:09Z'))).toBe(true);
    expect(position.advance(at('2026-01-02T03:04:08Z'))).toBe(true);
  });
});
