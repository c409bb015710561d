import { describe, expect, test } from 'vitest';
import { hasUnknownFlag } from '../../src/globals.ts';
import { hasFlag, isSwitchedOn, readKubectlFlags, valueOfFlag } from '../../src/kubectl-flags.ts';

describe('as kubectl reads them', () => {
  test.each([
    [['-n', 'a', '-nb', '--namespace=c'], 'c'],
    [['-n=a'], 'a'],
    [['-An', 'a'], 'a'],
    [['-iRna'], 'a'],
    [['-l', '-n', 'x'], undefined],
    [['--', '-n', 'a'], undefined],
    [['-n'], ''],
  ])('%j: namespace %j', (args, expected) => {
    expect(valueOfFlag(readKubectlFlags(args), '--namespace')).toBe(expected);
  });

  test.each([
    [['-A'], true],
    [['-Al', 'x'], true],
    [['-A=false'], false],
    [['--all-namespaces=0'], false],
    [['--all-namespaces=1'], true],
    [['--all-namespaces', '--all-namespaces=F'], false],
    [['-l', '-A'], false],
    [[], false],
  ])('%j: all namespaces %s', (args, expected) => {
    expect(isSwitchedOn(readKubectlFlags(args), '--all-namespaces')).toBe(expected);
  });

  test('a flag that is a value is none; one that is not known makes all uncertain', () => {
    expect(hasFlag(readKubectlFlags(['-l', '--all']), '--all')).toBe(false);
    expect(hasFlag(readKubectlFlags(['--all=false']), '--all')).toBe(true);
    expect(readKubectlFlags(['--new', 'x']).isUncertain).toBe(true);
    expect(readKubectlFlags(['-x']).isUncertain).toBe(true);
    expect(readKubectlFlags(['--new=x', '--wait', '--cascade', 'pods', '-']).isUncertain).toBe(false);
  });
});

test.each([
  [['--context', 'a', '-n', 'b', '-v', '6'], false],
  [['-nshop', '-v6', '--debug', '--as=x'], false],
  [['-n', '--odd'], false],
  [['-l', 'a=b'], true],
  [['--grace-period', '1'], true],
  [['-A'], true],
])('unknown flags in %j: %s', (args, expected) => {
  expect(hasUnknownFlag(args)).toBe(expected);
});
