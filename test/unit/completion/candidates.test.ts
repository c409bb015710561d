import { describe, expect, test } from 'vitest';
import { cobraLines, fitting, linesFor, readCobra } from '../../../src/completion/candidates.ts';

const how = { columns: 60, completionType: 9, cut: 0 };

describe('candidates', () => {
  test.each([
    '$(touch x)',
    '`id`',
    'a;b',
    'a b',
    'a|b',
    'a&b',
    'a>b',
    "a'b",
    'a"b',
    'a\\b',
    'a*',
    'a?',
    '[a]',
    '{a,b}',
    '~root',
    '!x',
    'a!b',
    '#x',
    'a\nb',
    'a\x1b[31m',
    '=ls',
    '%1',
    '@x',
    '\u202eabc',
    'a\tb',
    '',
    'é',
  ])('%j is dropped: a shell would make something else of it', word => {
    expect(fitting([{ word }, { word: 'fine' }], '')).toEqual([{ word: 'fine' }]);
  });

  test('what looks like a flag is no value', () => {
    expect(fitting([{ word: '-rf' }, { word: '--all' }, { word: '-' }], '')).toEqual([{ word: '-' }]);
    expect(fitting([{ word: '--all' }], '--', true)).toEqual([{ word: '--all' }]);
  });

  test('each once, and only what begins as was typed', () => {
    expect(fitting([{ word: 'ab' }, { word: 'ab', description: 'again' }, { word: 'b' }], 'a')).toEqual([
      { word: 'ab' },
    ]);
  });
});

describe('what a shell is told', () => {
  const two = {
    candidates: [
      { word: 'foo', description: 'production' },
      { word: 'foobar', description: 'te*st\x1b[31m' },
    ],
  };

  test('bash: descriptions beside more than one candidate, nothing that is a pattern, and none where a candidate is inserted whole', () => {
    expect(linesFor('bash', two, how)).toEqual(['described', 'foo     (production)', 'foobar  (te st x1b 31m)']);
    expect(linesFor('bash', { candidates: two.candidates.slice(0, 1) }, how)).toEqual(['described', 'foo']);
    expect(linesFor('bash', two, { ...how, completionType: 37 })).toEqual(['described', 'foo', 'foobar']);
    expect(linesFor('bash', { candidates: [{ word: 'aws:1:kube' }] }, { ...how, cut: 4 })).toEqual(['-', '1:kube']);
  });

  test('a description is cut to the terminal', () => {
    const long = { candidates: [{ word: 'a', description: 'x'.repeat(200) }, { word: 'b' }] };
    const lines = linesFor('bash', long, { ...how, columns: 40 });
    expect(lines).toEqual(['described', expect.stringMatching(/^a +\(x{20,}/), expect.stringMatching(/^b/)]);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(40);
  });

  test('zsh and fish', () => {
    expect(linesFor('zsh', { ...two, noSpace: true }, how)).toEqual([
      'nospace described',
      'foo\tfoo     -- production',
      'foobar\tfoobar  -- te*st\\x1b[31m',
    ]);
    expect(linesFor('fish', two, how)).toEqual(['described', 'foo\tproduction', 'foobar\tte*st\\x1b[31m']);
    expect(linesFor('fish', { candidates: [], files: 'files' }, how)).toEqual(['files']);
  });

  test("cobra's protocol, there and back", () => {
    expect(cobraLines(two, true)).toEqual(['foo\tproduction', 'foobar\tte*st\\x1b[31m', ':4']);
    expect(cobraLines({ ...two, noSpace: true }, false)).toEqual(['foo', 'foobar', ':6']);
    expect(cobraLines({ candidates: [], files: 'files' }, true)).toEqual([':0']);
    expect(readCobra('a\tdoes\nb\n:6\n')).toEqual({
      candidates: [{ word: 'a', description: 'does' }, { word: 'b' }],
      noSpace: true,
    });
    expect(readCobra(':0\n')).toEqual({ candidates: [], files: 'files' });
    expect(readCobra(':1\n')).toEqual({ candidates: [] });
    expect(readCobra('Please enter Username: :4\n').files).toBeUndefined();
    expect(readCobra('')).toMatchObject({ candidates: [] });
  });
});
