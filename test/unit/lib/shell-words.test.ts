import { expect, test } from 'vitest';
import { failLine, quoteFor, setLine, shellWord } from '../../../src/lib/shell-words.ts';

test('code that fails with an exit code, for each shell', () => {
  expect(failLine('sh', 3)).toBe('(exit 3)');
  expect(failLine('fish', 3)).toBe('return 3');
  expect(failLine('powershell', 3)).toBe("throw 'zkubectl failed with exit code 3'");
});

test('quotes keep a text one word', () => {
  expect(shellWord('a/b=c')).toBe('a/b=c');
  expect(shellWord("it's")).toBe(`'it'\\''s'`);
  expect(quoteFor('fish', `a'\\b`)).toBe(`'a\\'\\\\b'`);
  expect(setLine('powershell', 'X', "it's")).toBe("$env:X = 'it''s'");
});
