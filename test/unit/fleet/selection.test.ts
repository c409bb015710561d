import { describe, expect, test } from 'vitest';
import { CliError } from '../../../src/errors.ts';
import {
  globPattern,
  isOneName,
  type SelectionSources,
  type SelectionWords,
  selectClusters,
} from '../../../src/fleet/selection.ts';
import { type Cluster, parseCluster } from '../../../src/registry/cluster.ts';

function cluster(alias: string, more: Record<string, unknown> = {}): Cluster {
  const parsed = parseCluster({
    id: `aws:1:eu:${alias}`,
    alias,
    lifecycle_status: 'ready',
    environment: alias.endsWith('-test') ? 'test' : 'production',
    channel: alias.endsWith('-test') ? 'beta' : 'stable',
    config_items: {},
    ...more,
  });
  if ('problem' in parsed) throw new Error(parsed.problem);
  return parsed;
}

const FLEET = [
  cluster('shop-b'),
  cluster('shop-a'),
  cluster('shop-a-test', { config_items: { tier: 'gold' } }),
  cluster('cart'),
  cluster('old', { lifecycle_status: 'decommissioned' }),
];
const words = (names: string[], more: Partial<SelectionWords> = {}): SelectionWords => ({
  names,
  except: [],
  all: false,
  ...more,
});
const sources: SelectionSources = {
  groups: new Map<string, string | readonly string[]>([
    ['shop', 'alias in (shop-a,shop-b)'],
    ['both', ['@shop', 'cart']],
    ['round', ['@round']],
    ['none', 'environment=moon'],
  ]),
  failed: () => ['aws:1:eu:cart'],
  stdin: () => Promise.resolve('cart\nshop-b\n\n'),
  random: () => 0,
};
const aliases = async (names: string[], more: Partial<SelectionWords> = {}, fleet = FLEET) =>
  (await selectClusters(fleet, words(names, more), sources)).map(({ alias }) => alias);

describe('what words mean', () => {
  test.each<[string[], Partial<SelectionWords>, string[]]>([
    [['shop-b', 'cart'], {}, ['cart', 'shop-b']],
    [['shop-b,cart'], {}, ['cart', 'shop-b']],
    [['aws:1:eu:cart'], {}, ['cart']],
    // Named in full, a cluster need not be ready.
    [['old'], {}, ['old']],
    [['shop-*'], {}, ['shop-a', 'shop-a-test', 'shop-b']],
    [['shop-?'], {}, ['shop-a', 'shop-b']],
    [['shop-[!a]'], {}, ['shop-b']],
    [['@shop'], {}, ['shop-a', 'shop-b']],
    [['@both'], {}, ['cart', 'shop-a', 'shop-b']],
    [['@failed'], {}, ['cart']],
    [['-'], {}, ['cart', 'shop-b']],
    [['*'], {}, ['cart', 'shop-a', 'shop-a-test', 'shop-b']],
    [[], { all: true }, ['cart', 'shop-a', 'shop-a-test', 'shop-b']],
    [[], { environment: 'test' }, ['shop-a-test']],
    [[], { channel: 'stable', except: ['shop-*'] }, ['cart']],
    [['shop-*'], { selector: 'tier=gold' }, ['shop-a-test']],
    [['*'], { except: ['cart,@shop'] }, ['shop-a-test']],
    [['*'], { selector: '!enviroment,tier!=gold' }, ['cart', 'shop-a', 'shop-b']],
    [['*'], { pick: 2 }, ['shop-a', 'shop-b']],
    [['cart'], { pick: 5 }, ['cart']],
  ])('%j %j', async (names, more, expected) => {
    expect(await aliases(names, more)).toEqual(expected);
  });

  test.each<[string[], Partial<SelectionWords>, number, string, string | undefined]>([
    [
      ['*'],
      { selector: 'enviroment!=production' },
      3,
      'no cluster has the key enviroment',
      'did you mean environment?',
    ],
    [[], { selector: 'config_items.teir=gold' }, 3, 'no cluster has the key config_items.teir', 'did you mean tier?'],
    [['shop-aa'], {}, 3, 'no cluster is called shop-aa', 'did you mean shop-a, '],
    [['cart', 'zebra'], {}, 3, 'no cluster is called zebra', 'list all clusters'],
    [['nope-*'], {}, 3, 'no ready cluster matches nope-*', undefined],
    // A cluster that is not ready is meant by its name alone.
    [['ol*'], {}, 3, 'no ready cluster matches ol*', undefined],
    [['@shpo'], {}, 3, 'no group is called @shpo', 'did you mean @shop?'],
    [['@none'], {}, 3, 'the group @none has no ready cluster', undefined],
    [['@round'], {}, 2, 'the group @round contains itself', undefined],
    [['shop-*'], { environment: 'moon' }, 3, 'no cluster is selected', undefined],
    [['cart'], { except: ['crat'] }, 3, 'no cluster is called crat', 'did you mean cart'],
  ])('%j %j is an error', async (names, more, exitCode, message, hint) => {
    const error = await aliases(names, more).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CliError);
    expect(error).toMatchObject({ exitCode, message });
    if (hint !== undefined) expect((error as CliError).hint).toContain(hint);
  });

  test('two ready clusters with one alias: 2, with both ids', async () => {
    const twins = [...FLEET, cluster('cart', { id: 'aws:2:eu:cart' })];
    await expect(aliases(['*'], {}, twins)).rejects.toMatchObject({
      exitCode: 2,
      message: 'two clusters are called cart: aws:1:eu:cart and aws:2:eu:cart',
    });
    expect(await aliases(['*'], { except: ['cart'] }, twins)).not.toContain('cart');
  });
});

test.each<[SelectionWords, boolean]>([
  [words(['cart']), true],
  [words(['aws:1:eu:cart']), true],
  [words(['cart', 'shop-a']), false],
  [words(['cart,shop-a']), false],
  [words(['c*']), false],
  [words(['@shop']), false],
  [words(['-']), false],
  [words(['cart'], { environment: 'test' }), false],
  [words(['cart'], { except: ['x'] }), false],
  [words([], { all: true }), false],
])('%j is one cluster named in full: %s', (selection, expected) => {
  expect(isOneName(selection)).toBe(expected);
});

test('a pattern takes no other meaning from a name', () => {
  expect(globPattern('a.b*').test('axb')).toBe(false);
  expect(globPattern('a+').test('aa')).toBe(false);
  expect(globPattern('[a-c]1').test('b1')).toBe(true);
  expect(globPattern('(').test('(')).toBe(true);
});

test('@failed with a cluster that the registry has no more is an error', async () => {
  const gone = { ...sources, failed: () => ['aws:1:eu:cart', 'aws:1:eu:lost'] };
  await expect(selectClusters(FLEET, words(['@failed']), gone)).rejects.toMatchObject({
    exitCode: 3,
    message: 'the registry has no cluster aws:1:eu:lost any more',
  });
});

test('a URL is one name, with brackets too', () => {
  expect(isOneName(words(['https://[::1]:6443']))).toBe(true);
});
