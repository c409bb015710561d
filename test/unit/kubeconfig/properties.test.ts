/** Whatever valid kubeconfig goes in: after one change, that entry is changed and all else is equal, comments too. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseDocument, stringify, type Tags } from 'yaml';
import { KubeconfigDocument } from '../../../src/kubeconfig/document.ts';
import { BODY, type EntryList } from '../../../src/kubeconfig/entries.ts';
import { readPlainKubeconfig } from '../../../src/kubeconfig/plain.ts';
import { figure, scaled } from '../../support/faults.ts';

/** As kubectl reads it: YAML 1.1, times are texts. */
const read = (text: string): unknown => {
  const document = parseDocument(text, {
    version: '1.1',
    customTags: (tags: Tags) =>
      tags.filter(tag => typeof tag === 'string' || tag.tag !== 'tag:yaml.org,2002:timestamp'),
  });
  expect(document.errors).toEqual([]);
  return document.toJS();
};

const word = fc.oneof(
  fc.constantFrom(
    'a',
    'b',
    'prod',
    'kube-1.example.org',
    'no',
    'yes',
    'on',
    '0b11',
    '1e3',
    '12',
    '1.0',
    '~',
    'null',
    'true',
    '2024-01-01',
    '__proto__',
    'constructor',
  ),
  fc.constantFrom(
    'a: b',
    'a #b',
    '- x',
    '{x}',
    '[x]',
    '*x',
    '&x',
    '!x',
    '|',
    '>',
    '"',
    "'",
    '\\',
    '%',
    '@',
    ' lead',
    'trail ',
    'tab\there',
    'line\nbreak',
    'é',
    '日本',
    '\u{1f600}',
    '',
  ),
  fc.string({ maxLength: 12, unit: 'grapheme-ascii' }),
);
const scalar = fc.oneof(word, fc.boolean(), fc.integer({ min: -1000, max: 1000 }), fc.constant(null));
const extra = fc.dictionary(
  fc.constantFrom('x-a', 'x-b', 'extensions', 'proxy-url', 'preferences'),
  fc.oneof(scalar, fc.array(scalar, { maxLength: 3 })),
  { maxKeys: 2 },
);
const body = fc
  .tuple(fc.dictionary(fc.constantFrom('server', 'cluster', 'user', 'namespace', 'token'), word), extra)
  .map(([known, more]) => ({ ...more, ...known }));
const entries = (list: EntryList) =>
  fc.uniqueArray(fc.record({ name: word, [BODY[list]]: body }), {
    selector: entry => entry['name'] as unknown,
    maxLength: 4,
  });

type Model = Record<string, unknown> & Record<EntryList, Record<string, unknown>[]>;
const model: fc.Arbitrary<Model> = fc
  .record({
    clusters: entries('clusters'),
    contexts: entries('contexts'),
    users: entries('users'),
    current: word,
    more: extra,
  })
  .map(
    ({ current, more, ...lists }) =>
      ({ apiVersion: 'v1', kind: 'Config', ...more, ...lists, 'current-context': current }) as Model,
  );

interface Change {
  readonly list: EntryList;
  readonly name: string;
  readonly fields: Record<string, string | undefined>;
}
const change: fc.Arbitrary<Change> = fc.record({
  list: fc.constantFrom<EntryList>('clusters', 'contexts', 'users'),
  name: word,
  fields: fc.dictionary(
    fc.constantFrom('server', 'cluster', 'user', 'namespace', 'token'),
    fc.option(word, { nil: undefined }),
    { minKeys: 1, maxKeys: 2 },
  ),
});

/** The model after a change, as it should be. */
function changed(before: Model, { list, name, fields }: Change): Model {
  const apply = (entry: Record<string, unknown>) => {
    const next: Record<string, unknown> = { ...(entry[BODY[list]] as object) };
    for (const [field, value] of Object.entries(fields)) {
      if (value === undefined) delete next[field];
      else next[field] = value;
    }
    return { ...entry, [BODY[list]]: next };
  };
  const exists = before[list].some(entry => entry['name'] === name);
  const all = exists ? before[list] : [...before[list], { name, [BODY[list]]: {} }];
  return { ...before, [list]: all.map(entry => (entry['name'] === name ? apply(entry) : entry)) };
}

/** The same in another hand: with comments after its lines, or as JSON. */
const styles = fc.record({
  indent: fc.constantFrom(2, 4),
  indentSeq: fc.boolean(),
  json: fc.integer({ min: 0, max: 9 }).map(n => n === 0),
  quoted: fc.boolean(),
  comments: fc.boolean(),
});

function written(
  value: Model,
  {
    indent,
    indentSeq,
    json,
    quoted,
    comments,
  }: { indent: number; indentSeq: boolean; json: boolean; quoted: boolean; comments: boolean },
): string {
  if (json) return `${JSON.stringify(value, null, 2)}\n`;
  const text = stringify(value, {
    version: '1.1',
    indent,
    indentSeq,
    lineWidth: 0,
    aliasDuplicateObjects: false,
    ...(quoted ? { defaultStringType: 'QUOTE_DOUBLE' } : {}),
  });
  if (!comments) return text;
  // After the lines at the top, where nothing else can be meant by them.
  return text.replace(
    /^([a-z][A-Za-z-]*:)( [a-z0-9.-]+)?$/gm,
    (_, key: string, rest = '') => `# about ${key}\n${key}${rest} # ${key}`,
  );
}

const runs = scaled(150, 5_000);

test('one entry changes, all else is equal', () => {
  fc.assert(
    fc.property(model, styles, change, (before, style, what) => {
      const text = written(before, style);
      fc.pre(JSON.stringify(read(text)) === JSON.stringify(before));
      const document = new KubeconfigDocument('file', text);
      document.setEntry(what.list, what.name, what.fields);
      const after = document.toString();
      expect(read(after)).toEqual(changed(before, what));
      for (const [comment] of text.matchAll(/^# about .*$/gm)) expect(after).toContain(comment);
      const again = new KubeconfigDocument('file', after);
      again.setEntry(what.list, what.name, what.fields);
      expect(read(again.toString())).toEqual(read(after));
    }),
    { numRuns: runs },
  );
  figure('properties', 'kubeconfigs with one entry changed, all else equal', runs);
});

test('another current context changes that alone, whoever reads the file', () => {
  fc.assert(
    fc.property(model, styles, word, (before, style, name) => {
      const text = written(before, style);
      fc.pre(JSON.stringify(read(text)) === JSON.stringify(before));
      const document = new KubeconfigDocument('file', text);
      document.setCurrentContext(name);
      const expected = { ...before, 'current-context': name };
      expect(read(document.toString())).toEqual(expected);
      const quick = readPlainKubeconfig(text)?.withCurrentContext(name);
      if (quick !== undefined) expect(read(quick)).toEqual(expected);
    }),
    { numRuns: runs },
  );
  figure('properties', 'kubeconfigs with another current context, all else equal', runs);
});
