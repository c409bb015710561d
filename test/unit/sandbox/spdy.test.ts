import { describe, expect, test } from 'vitest';
import { headerDictionary } from '../../../src/sandbox/kubernetes/spdy.ts';

describe('the dictionary of SPDY/3.1', () => {
  test('has the length and the Adler-32 that both ends know it by', () => {
    const dictionary = headerDictionary();
    let [a, b] = [1, 0];
    for (const byte of dictionary) {
      a = (a + byte) % 65_521;
      b = (b + a) % 65_521;
    }
    expect([dictionary.length, ((b << 16) | a) >>> 0]).toEqual([1423, 0xe3c6a7c2]);
  });
});
