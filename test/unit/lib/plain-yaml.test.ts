/** The quick reader against the real one: what it reads, that one reads alike; what it does not read, it leaves. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';
import { parsePlainYaml, plainGet, plainToJs } from '../../../src/lib/plain-yaml.ts';
import { isPlainString } from '../../../src/lib/plain-yaml-scalars.ts';

const quick = (text: string) => {
  const map = parsePlainYaml(text);
  return map && plainToJs(map);
};

/** What the real parser makes of a text in both YAMLs; undefined when one of them refuses it, or they differ. */
function real(text: string): unknown {
  const [a, b] = (['1.1', '1.2'] as const).map(version => {
    const document = parseDocument(text, { version, uniqueKeys: true });
    return document.errors.length > 0 ? undefined : JSON.stringify({ value: document.toJS() });
  });
  return a === undefined || a !== b ? undefined : JSON.parse(a).value;
}

const KUBECONFIG = `# mine
apiVersion: v1
kind: Config
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443   # a port
  name: foobarlab
contexts:
  - name: "foobarlab"
    context: {}
users:
- name: zkubectl-foobarlab
  user:
    exec:
      args:
      - credentials
      - aws:123456789012:eu-central-1:kube-1
      provideClusterInfo: true

      env: null
      installHint: 'it is not where it was. Install
        it again, then run: zkubectl login'
      interactiveMode: 'IfAvailable'
empty:
current-context: foobarlab
`;

describe('parsePlainYaml', () => {
  test('reads a kubeconfig as kubectl writes it', () => {
    expect(quick(KUBECONFIG)).toEqual(real(KUBECONFIG));
    expect(quick(KUBECONFIG)).toMatchObject({ clusters: [{ name: 'foobarlab' }], empty: null });
  });

  test('tells where things stand', () => {
    const map = parsePlainYaml(KUBECONFIG);
    const node = map && plainGet(map, 'current-context');
    expect(node?.kind === 'scalar' && KUBECONFIG.slice(node.start, node.end)).toBe('foobarlab');
    expect(map?.entries.map(e => [e.key, e.line])).toEqual([
      ['apiVersion', 2],
      ['kind', 3],
      ['clusters', 4],
      ['contexts', 9],
      ['users', 12],
      ['empty', 25],
      ['current-context', 26],
    ]);
  });

  test.each([
    'a: b\n  c\n',
    'a: true\n  c\nd: e\n',
    'a: "b \n   c"\nd: e\n',
    "a: 'b: c\n  d,\n  e'\nd: e\n",
    'a:\n- b\n  c\n- d\n',
    'a: null\n',
    'a: b\n',
    'a: b',
    'a:\n  b: c\n',
    'a:\n- b\n- c\n',
    'a:\n  - b: c\n    d: e\n',
    'a: 12\n',
    'a: 0\n',
    'a: true\n',
    'a: "x y"\n',
    'a: "#"\n',
    "a: 'x: y'\n",
    'a: []\n',
    'a: {}\n',
    'a: # nothing\n',
    'a: b # c\n',
    'a: b#c\n',
    'a: https://x/{alias}?y=z\n',
    'a:   b   \n',
    '# c\n\na: b\n',
    'a:\n# c\n  b: c\n',
    'a:\n    b: c\nd: e\n',
    'a: b c d\n',
    'a:\n  b:\n  - c\n  d: e\n',
    'a: ""\n',
  ])('%j means the same to both', text => {
    const value = quick(text);
    // `b#c` may be left to the real one; what is read must be right.
    if (value !== undefined) expect(value).toEqual(real(text));
    if (!text.includes('b#c')) expect(value).toBeDefined();
  });

  test.each([
    '',
    '- a\n',
    'a\n',
    'a: b: c\n',
    'a: no\n',
    'no: a\n',
    'e1: a\n',
    'a: E-12\n',
    'y: a\n',
    'a: ~\n',
    'a: 0x1f\n',
    'a: 010\n',
    'a: 1_000\n',
    'a: 12:30\n',
    'a: 1.5\n',
    'a: .inf\n',
    'a: 2026-01-01\n',
    'a: &x b\n',
    'a: *x\n',
    'a: !!str b\n',
    'a: |\n  b\n',
    'a: >\n  b\n',
    'a: [b]\n',
    'a: {b: c}\n',
    'a: "\\n"\n',
    "a: 'it''s'\n",
    'a: "b\nc"\n',
    'a: "b\n\n  c"\n',
    'a: b\n\n  c\n',
    'a: b\n  c: d\n',
    'a:\n- b\n  c: d\n',
    '? a\n: b\n',
    'a: b\na: c\n',
    '<<: *x\n',
    '__proto__: a\n',
    '--- \na: b\n',
    'a: b\n---\nc: d\n',
    'a:\tb\n',
    'a: b\r\n',
    '\ufeffa: b\n',
    ' a: b\n',
    'a:\n  b: c\n d: e\n',
    'a:\n- b\n c: d\n',
    'a:b\n',
    'a: -\n',
    'a:\n-\n',
    'a:\n- - b\n',
    'a: @b\n',
    'a: `b`\n',
    '"a": b\n',
    'a: b\0\n',
    '{"a": "b"}',
    'a: b:\n',
    'a: é\n',
    '%YAML 1.1\n---\na: b\n',
    'a: b\n...\n',
    'a: b\n  # c\n  d\n',
  ])('%j is left to the real one', text => {
    expect(quick(text)).toBeUndefined();
  });

  test('whatever is read, is what the real one reads', () => {
    const word = fc.constantFrom(
      'a',
      'foo-bar',
      'https://x:1/{a}',
      'true',
      'no',
      '12',
      '0',
      '"q"',
      "'s'",
      '[]',
      '{}',
      '',
      'x y',
      'b # c',
      'a:',
      '- z',
      '#',
      ':',
      '~',
      '1.5',
      '"',
      'a: b',
      '|',
      '&x',
      '*x',
      '-',
      '--- ',
      '\t',
      'É',
    );
    const line = fc
      .tuple(
        fc.constantFrom(0, 0, 0, 2, 2, 4, 1, 3),
        fc.constantFrom('', '', '', '- ', '- ', '-', '# '),
        fc.constantFrom('a', 'b', 'c-d', 'd', 'e', 'f', 'g', 'no', 'name', ''),
        fc.constantFrom(': ', ': ', ': ', ':', '', ' : '),
        word,
      )
      .map(([indent, dash, key, colon, value]) => `${' '.repeat(indent)}${dash}${key}${colon}${value}`);
    let read = 0;
    fc.assert(
      fc.property(fc.array(line, { minLength: 1, maxLength: 5 }), lines => {
        const text = `${lines.join('\n')}\n`;
        const value = quick(text);
        if (value === undefined) return;
        read++;
        expect(value).toEqual(real(text));
      }),
      { numRuns: 100_000 },
    );
    expect(read).toBeGreaterThan(500);
  });

  test('whatever has been changed in a kubeconfig, is read alike or left', () => {
    const piece = fc.constantFrom(
      '',
      ' ',
      '\n',
      '#',
      ':',
      '- ',
      '"',
      "'",
      '  ',
      'x',
      '\t',
      '|',
      ': ',
      '1',
      '~',
      '[',
      '}',
      '\\',
      '&',
    );
    let read = 0;
    fc.assert(
      fc.property(fc.nat(KUBECONFIG.length), fc.nat(3), piece, (at, cut, insert) => {
        const text = KUBECONFIG.slice(0, at) + insert + KUBECONFIG.slice(at + cut);
        const value = quick(text);
        if (value === undefined) return;
        read++;
        expect(value).toEqual(real(text));
      }),
      { numRuns: 3000 },
    );
    expect(read).toBeGreaterThan(300);
  });

  test('takes nested lists far without a deep stack or much time', () => {
    expect(quick('a:\n'.repeat(3))).toBeUndefined();
    const deep = Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}a:`).join('\n');
    expect(quick(`${deep} b\n`)).toBeDefined();
  });
});

test.each([
  ['foobarlab', true],
  ['aws:1:eu-1:kube-1', true],
  ['no', false],
  ['NULL', false],
  ['12', false],
  ['a b', true],
  ['a: b', false],
  ['a #b', false],
  ['', false],
  ['-x', false],
  ['a ', false],
  ['a:', false],
])('isPlainString(%j) is %s', (text, expected) => {
  expect(isPlainString(text)).toBe(expected);
  if (expected) expect(real(`a: ${text}\n`)).toEqual({ a: text });
});
