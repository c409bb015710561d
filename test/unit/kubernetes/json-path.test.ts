import { describe, expect, test } from 'vitest';
import { goJson, goSprint, hasUnsafeNumber } from '../../../src/kubernetes/go-text.ts';
import { jsonPathTemplate, NotUnderstood, relaxedPath, renderTemplate } from '../../../src/kubernetes/json-path.ts';
import { sortedBy } from '../../../src/kubernetes/sort-by.ts';

const LIST = {
  items: [
    { metadata: { name: 'a', labels: { 'app.io/x': '1', b: '<2>' } }, n: 2, ok: true },
    { metadata: { name: 'b' }, n: 10, ok: false, none: null },
  ],
};
const render = (text: string) => {
  const template = jsonPathTemplate(text);
  return template && renderTemplate(template, LIST);
};

test.each([
  ['{.items[*].metadata.name}', 'a b'],
  ['{$.items[0].n}', '2'],
  ['{.items[-1].n}', '10'],
  ['{.items[0:2].n}', '2 10'],
  ['{.items[0:2:2].n}', '2'],
  ['{.items[1:1].n}', ''],
  ['{.items[0,1].n}', '2 10'],
  ["{.items[*]['n','ok']}", '2 10 true false'],
  ["{.items[0].metadata.labels['app.io/x']}", '1'],
  ['{.items[0].metadata.labels.app\\.io/x}', '1'],
  ['{.items[0].metadata.labels}', '{"app.io/x":"1","b":"\\u003c2\\u003e"}'],
  ['{.items[?(@.n==10)].metadata.name}', 'b'],
  ['{.items[?(@.n > 1)].n}', '2 10'],
  ['{.items[?(@.metadata.name!="a")].n}', '10'],
  ['{.items[?(@.ok==true)].n}', '2'],
  ['{.items[?(@.metadata.labels)].n}', '2'],
  ['{.items[1].none}', 'null'],
  ['{.nope.deep}', ''],
  ['count: {.items[0].n}!', 'count: 2!'],
  ['{range .items[*]}{.metadata.name}={.n}{"\\n"}{end}', 'a=2\nb=10\n'],
  ['{range .items[*]}{@.n}{end}{.items[0].n}', '2102'],
])('%s', (template, expected) => {
  expect(render(template)).toBe(expected);
});

test.each([
  '{.items..name}',
  '{items}',
  '{.a',
  '{range .items[*]}{.n}',
  '{end}',
  '{.items[?(@.a=~"x")]}',
  '{"\\q"}',
  'a}',
])('%s is left to kubectl', template => {
  expect(jsonPathTemplate(template)).toBeUndefined();
});

test.each(['{.items[2]}', '{.items[0:9]}', '{.items.n[0]}', '{.items[?(@.n=="2")].n}', '{.items[0].n[0]}'])(
  'on %s kubectl would fail, or not',
  template => {
    const act = () => render(template);
    if (template === '{.items.n[0]}') expect(act()).toBe('');
    else expect(act).toThrow(NotUnderstood);
  },
);

test('the paths of --sort-by and custom-columns', () => {
  const name = [
    { kind: 'field', name: 'metadata' },
    { kind: 'field', name: 'name' },
  ];
  for (const text of ['.metadata.name', 'metadata.name', '{.metadata.name}', '{metadata.name}'])
    expect(relaxedPath(text)).toEqual(name);
  expect(relaxedPath('a}{b')).toBeUndefined();
});

describe('values as Go prints them', () => {
  test('JSON: sorted keys, escaped HTML, integer keys as text', () => {
    expect(goJson({ b: [1, { a: '<&>\u2028' }], a: null, 10: {}, 9: [] })).toBe(
      '{"10":{},"9":[],"a":null,"b":[1,{"a":"\\u003c\\u0026\\u003e\\u2028"}]}',
    );
    expect(goJson({ a: [1], b: {} }, '  ')).toBe('{\n  "a": [\n    1\n  ],\n  "b": {}\n}');
  });
  test('fmt.Sprint', () => {
    expect(goSprint({ b: [1, 'x', null], a: true })).toBe('map[a:true b:[1 x <nil>]]');
    expect([33.3, 0.00005, 1234567.5, 1000000].map(goSprint)).toEqual(['33.3', '5e-05', '1.2345675e+06', '1000000']);
  });
  test('numbers that JavaScript would change', () => {
    for (const json of ['{"a":12345678901234567}', '[1e6]', '{"a":1.0}', '{"a": 1.50 }'])
      expect(hasUnsafeNumber(json)).toBe(true);
    for (const json of ['{"a":123,"b":1.5,"c":"2026-11-29T10:00:00.10Z","d":"cart:0.19.30"}', '[0]'])
      expect(hasUnsafeNumber(json)).toBe(false);
  });
});

describe('sort-by', () => {
  const path = relaxedPath('.v') ?? [];
  const sorted = (...values: unknown[]) =>
    sortedBy(
      values.map(v => (v === undefined ? {} : { v })),
      path,
      item => item,
    ).map(item => (item as { v?: unknown }).v);
  test('quantities by size, other texts by characters, absent ones first', () => {
    expect(sorted('1Gi', '500Mi', '9', '10', '1e3', '100m')).toEqual(['100m', '9', '10', '1e3', '500Mi', '1Gi']);
    expect(sorted('v2', 'v10', 'V1', 'v1')).toEqual(['V1', 'v1', 'v10', 'v2']);
    expect(sorted(3, undefined, 1)).toEqual([undefined, 1, 3]);
  });
  test('a field that no object has, and values of several types, are left to kubectl', () => {
    expect(() => sorted(undefined)).toThrow(NotUnderstood);
    expect(() => sorted(1, 'a')).toThrow(NotUnderstood);
    expect(() => sorted({})).toThrow(NotUnderstood);
  });
});
