import { describe, expect, test } from 'vitest';
import table from '../../../src/kubectl/generated/flags.json' with { type: 'json' };
import { hasUnknownFlag } from '../../../src/kubectl/leading-flags.ts';
import {
  argsOf,
  hasFlag,
  isDryRun,
  isSwitchedOn,
  parseKubectlLine,
  targetOverrides,
  valueOfFlag,
  valuesOfFlag,
} from '../../../src/kubectl/line.ts';
import { KUBECTL_VERBS, NAMED_COMMANDS } from '../../../src/kubectl/verbs.ts';

const deletion = (...args: string[]) => parseKubectlLine(['delete', ...args], ['yes']);

describe('flags, as kubectl reads them', () => {
  test.each([
    [['-n', 'a', '-nb', '--namespace=c'], 'c'],
    [['-n=a'], 'a'],
    [['-An', 'a'], 'a'],
    [['-iRna'], 'a'],
    [['-l', '-n', 'x'], undefined],
    [['--', '-n', 'a'], undefined],
    // pflag: an equals sign with nothing after it is the value.
    [['-n='], '='],
    [['--namespace', '--context'], '--context'],
    [['--namespace', '--'], '--'],
    [['--context_', 'x'], undefined],
  ])('%j: namespace %j', (args, expected) => {
    expect(valueOfFlag(deletion(...args), '--namespace')).toBe(expected);
  });

  test.each([
    [['-A'], true],
    [['-Al', 'x'], true],
    [['-A=false'], false],
    [['--all-namespaces=0'], false],
    [['--all_namespaces'], true],
    [['--all-namespaces=1'], true],
    [['--all-namespaces', '--all-namespaces=F'], false],
    [['-l', '-A'], false],
    [['--', '-A'], false],
    [[], false],
  ])('%j: all namespaces %s', (args, expected) => {
    expect(isSwitchedOn(deletion(...args), '--all-namespaces')).toBe(expected);
  });

  test('underscores are dashes; a flag given again has all its values', () => {
    const line = deletion('--field_selector=a=b', '-f', 'x', '--filename=y,z');
    expect(valueOfFlag(line, '--field-selector')).toBe('a=b');
    expect(valuesOfFlag(line, '--filename')).toEqual(['x', 'y,z']);
  });

  test('words are what is neither flag nor value; after -- all are', () => {
    expect(deletion('pod', '-n', 'x', 'a', '--', '-b', '--all').words).toEqual(['pod', 'a', '-b', '--all']);
    expect(hasFlag(deletion('-l', '--all'), '--all')).toBe(false);
    expect(hasFlag(deletion('--all=false'), '--all')).toBe(true);
  });

  test.each([
    [['rollout', 'undo', 'deployment/x'], 'rollout undo', ['deployment/x']],
    [['-n', 'shop', 'rollout', '-l', 'undo', 'status', 'x'], 'rollout status', ['x']],
    [['apply', '-f', 'edit-last-applied'], 'apply', []],
    [['apply', 'edit-last-applied', 'x'], 'apply edit-last-applied', ['x']],
    [['apply', '--', 'edit-last-applied'], 'apply', ['edit-last-applied']],
    [['create', 'secret', 'generic', 'a'], 'create secret generic', ['a']],
    // What is not known to be a switch takes the next word, and groups are not looked into (cobra's Command.Find).
    [['apply', '-Rf', 'edit-last-applied', 'x'], 'apply edit-last-applied', []],
    [['--new', 'get', 'delete', 'x'], 'delete', ['get', 'x']],
    [['-A', 'delete', 'pods', 'x'], 'pods', ['delete', 'x']],
    [['crashing', 'x'], 'crashing', ['x']],
    [['--context', 'x'], '', []],
  ])('%j is the verb %j', (argv, verb, words) => {
    expect(parseKubectlLine(argv)).toMatchObject({ verb, words });
  });
});

describe('a line that cannot be read for certain', () => {
  test.each([
    [['configmap', 'x', '-o'], "flag needs an argument: 'o' in -o"],
    [['configmap', 'x', '--output'], 'flag needs an argument: --output'],
    [['configmap', 'x', '-Ro'], "flag needs an argument: 'o' in -Ro"],
    [['configmap', 'x', '-io'], "flag needs an argument: 'o' in -io"],
    [['configmap', 'x', '--as'], 'flag needs an argument: --as'],
    [['configmap', 'x', '--cache-dir'], 'flag needs an argument: --cache-dir'],
    [['configmap', 'x', '--cache_dir'], 'flag needs an argument: --cache-dir'],
    [['configmap', 'x', '--password'], 'flag needs an argument: --password'],
    [['configmap', 'x', '--client-key'], 'flag needs an argument: --client-key'],
    [['configmap', 'x', '-v'], "flag needs an argument: 'v' in -v"],
    [['configmap', 'x', '--new'], 'unknown flag: --new'],
    [['--new', 'x', 'configmap'], 'unknown flag: --new'],
    [['-x', 'configmap'], "unknown shorthand flag: 'x' in -x"],
    [['-A=', 'configmap'], "unknown shorthand flag: '=' in -A="],
    [['---all'], 'bad flag syntax: ---all'],
    [['--=x'], 'bad flag syntax: --=x'],
  ])('%j: %s', (args, problem) => {
    expect(deletion(...args).problem).toBe(problem);
  });

  test.each([
    [['--new=x', '--wait', '--cascade', 'pods', '-'], true],
    [['-o', '--', 'x'], false],
    [['pods', '--dry-run'], false],
    [['pods', '--yes'], false],
    [['-Rh'], false],
  ])('%j can; unknown flag: %s', (args, hasUnknownFlag) => {
    expect(deletion(...args)).toMatchObject({ problem: undefined, hasUnknownFlag });
  });
});

describe('a dry run', () => {
  test.each([
    [['--dry-run=client'], true],
    [['--dry-run=server'], true],
    [['--dry_run=server'], true],
    [['--dry-run'], true],
    [['--dry-run=none'], false],
    [['--dry-run=server', '--dry-run=none'], false],
    [['--dry-run', 'server'], true],
    [['--cache-dir', '--dry-run=server'], false],
    [['--', '--dry-run=server'], false],
    [['-l', '--dry-run'], false],
    [['--raw', '/x', '--dry-run=server'], false],
    [['--dry-run=Server'], false],
    [[], false],
  ])('%j: %s', (args, expected) => {
    expect(isDryRun(deletion(...args))).toBe(expected);
  });
});

test('a line that is made anew cannot take one flag for the value of another', () => {
  expect(argsOf(deletion('pod', '-o', '--all', '-A', '-l', 'a=b'))).toEqual([
    'delete',
    'pod',
    '--output=--all',
    '--all-namespaces',
    '--selector=a=b',
  ]);
  expect(argsOf(deletion('pod', '-i', '--', '-x'))).toEqual(['delete', '--interactive', '--', 'pod', '-x']);
});

test.each([
  [['-s', 'https://x'], ['--server']],
  [
    ['--token=x', '--user', 'y', '--cluster', 'z'],
    ['--token', '--user', '--cluster'],
  ],
  [['--insecure-skip-tls-verify'], ['--insecure-skip-tls-verify']],
  [['-n', 'x', '--context', 'y', '--as', 'z'], []],
])('%j leads elsewhere than the context: %j', (args, expected) => {
  expect(targetOverrides(deletion(...args))).toEqual(expected);
});

test.each([
  [['--context', 'a', '-n', 'b', '-v', '6'], false],
  [['-nshop', '-v6', '--debug', '--as=x'], false],
  [['-n', '--odd'], false],
  [['-l', 'a=b'], true],
  [['--grace-period', '1'], true],
  [['-A'], true],
])('unknown flags before a verb in %j: %s', (args, expected) => {
  expect(hasUnknownFlag(args)).toBe(expected);
});

test('the commands that we say something of are commands of the pinned kubectl', () => {
  const known = new Set([...KUBECTL_VERBS, ...Object.keys(table.commands)]);
  expect(NAMED_COMMANDS.filter(command => !known.has(command))).toEqual([]);
});
