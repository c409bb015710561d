import { describe, expect, test } from 'vitest';
import { isUrlName, parseClusterName } from '../../src/argv/cluster-name.ts';
import { resolvePrefix } from '../../src/argv/prefix.ts';
import { firstWordIndex, kubectlArgv } from '../../src/kubectl/leading-flags.ts';
import { nearest } from '../../src/lib/nearest.ts';

describe('the first word that is not a global flag', () => {
  test.each([
    [['get', 'pods'], 0],
    [['-n', 'x', 'get'], 2],
    [['-nx', 'get'], 1],
    [['--namespace=x', 'get'], 1],
    [['--context', 'a', '--kubeconfig', 'b', 'list'], 4],
    [['-o', 'json', 'list'], 2],
    [['--as', 'bob', '--as-group', 'g', 'get'], 4],
    [['-v', '9', '-s', 'https://x', 'get'], 4],
    [['--debug', '--yes', '--offline', 'list'], 3],
    [['--color', 'never', 'list'], 2],
    [['--', 'get'], undefined],
    [['--help'], undefined],
    [[], undefined],
  ])('of %j is at %s', (argv, index) => {
    expect(firstWordIndex(argv)).toBe(index);
  });

  test('only our own flags before the verb are taken off', () => {
    expect(kubectlArgv(['--debug', '-n', 'x', '--color', 'never', '--color=auto', 'get', '--debug'], 6)).toEqual({
      args: ['-n', 'x', 'get', '--debug'],
      debug: true,
      offline: false,
      yes: false,
    });
  });
});

describe('prefixes', () => {
  const names = ['list', 'list-clusters', 'login', 'logout', 'use'];
  test.each([
    ['list', 'list'],
    ['li', 'list'],
    ['list-', 'list'],
    ['logi', 'login'],
    ['u', 'use'],
    ['lo', undefined],
    ['l', undefined],
    ['x', undefined],
    ['', undefined],
  ])('%s means %s', (word, name) => {
    expect(resolvePrefix(word, names, one => (one === 'list-clusters' ? 'list' : one)).name).toBe(name);
  });
});

test('the nearest names come first, and far ones not at all', () => {
  const names = ['foobarlab', 'foobarlab-test', 'abckub', 'checkout'];
  expect(nearest('foobarlap', names)).toEqual(['foobarlab']);
  expect(nearest('foobar', names)).toEqual(['foobarlab', 'foobarlab-test']);
  expect(nearest('abkcub', names)).toEqual(['abckub']);
  expect(nearest('zzz', names)).toEqual([]);
});

describe('a CLUSTER argument', () => {
  test.each([
    ['https://kube-1.example.org', true],
    ['http://127.0.0.1:6443', true],
    ['kube-1.foobarlab.example.org', true],
    ['kube-1.foobarlab.example.org:6443', true],
    ['127.0.0.1:6443', true],
    ['foobarlab', false],
    ['foo.bar', false],
    ['aws:123456789012:eu-central-1:kube-1', false],
    ['ftp://a.b.c', false],
    ['a.b.c:1:2', false],
  ])('%s: %s', (text, expected) => {
    expect(isUrlName(text)).toBe(expected);
  });

  test('is an id with two colons, else an alias', () => {
    expect(parseClusterName('aws:123456789012:eu-central-1:kube-1').kind).toBe('id');
    expect(parseClusterName('foobarlab').kind).toBe('alias');
    expect(parseClusterName('foo:bar').kind).toBe('alias');
  });

  test('a URL is named after its host', () => {
    expect(parseClusterName('kube-1.a.example.org')).toMatchObject({
      kind: 'url',
      host: 'kube-1.a.example.org',
      server: 'https://kube-1.a.example.org',
      argument: 'kube-1.a.example.org',
    });
    expect(parseClusterName('https://localhost:6443/')).toMatchObject({
      kind: 'url',
      host: 'localhost:6443',
      server: 'https://localhost:6443',
      argument: 'https://localhost:6443',
    });
  });
});
