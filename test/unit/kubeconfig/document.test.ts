import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { UsageError } from '../../../src/errors.ts';
import { KubeconfigDocument } from '../../../src/kubeconfig/document.ts';

const KUBECTL = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: ${'QUJD'.repeat(300)}
    server: https://a.example.org
  name: a
contexts:
- context:
    cluster: a
    namespace: shop
    user: u
  name: a
current-context: a
kind: Config
preferences: {}
users:
- name: u
  user:
    client-certificate-data: ${'QUJD'.repeat(300)}
`;

const edited = (text: string | undefined, change: (d: KubeconfigDocument) => void) => {
  const document = new KubeconfigDocument('file', text);
  change(document);
  return document.toString();
};

describe('a kubeconfig file', () => {
  test('as kubectl writes it changes by one line for one change', () => {
    expect(edited(KUBECTL, () => undefined)).toBe(KUBECTL);
    expect(edited(KUBECTL, d => d.setCurrentContext('b'))).toBe(
      KUBECTL.replace('current-context: a', 'current-context: b'),
    );
    expect(edited(KUBECTL, d => d.setEntry('contexts', 'a', { namespace: 'x' }))).toBe(
      KUBECTL.replace('namespace: shop', 'namespace: x'),
    );
  });

  test('with four spaces and indented lists keeps them', () => {
    const text = 'apiVersion: v1\ncontexts:\n    - name: a\n      context:\n        cluster: c\nusers: []\n';
    expect(edited(text, d => d.setCurrentContext('a'))).toContain('contexts:\n    - name: a\n');
  });

  test('a field that is removed goes, others stay', () => {
    const after = edited(
      KUBECTL.replace('    server:', '    insecure-skip-tls-verify: true\n    proxy-url: http://p\n    server:'),
      d => d.setEntry('clusters', 'a', { server: 'https://b', 'insecure-skip-tls-verify': undefined }),
    );
    expect((parse(after) as { clusters: unknown[] }).clusters).toEqual([
      {
        name: 'a',
        cluster: { 'certificate-authority-data': 'QUJD'.repeat(300), 'proxy-url': 'http://p', server: 'https://b' },
      },
    ]);
  });

  test.each([undefined, '', '\n', '# only a comment\n'])('that is empty (%j) becomes a whole one', text => {
    const after = edited(text, d => {
      d.setEntry('clusters', 'a', { server: 'https://a' });
      d.setCurrentContext('a');
    });
    expect(parse(after)).toMatchObject({
      clusters: [{ name: 'a', cluster: { server: 'https://a' } }],
      'current-context': 'a',
    });
  });

  test('that is JSON stays JSON', () => {
    const after = edited('{\n  "apiVersion": "v1", "contexts": [{"name": "a", "context": {"cluster": "c"}}]\n}', d =>
      d.setCurrentContext('a'),
    );
    expect(JSON.parse(after)).toEqual({
      apiVersion: 'v1',
      contexts: [{ name: 'a', context: { cluster: 'c' } }],
      'current-context': 'a',
    });
  });

  test('anchors and strings that look like something else keep their value', () => {
    const text =
      'contexts:\n- name: "123"\n  context: &c {cluster: "yes", user: "null"}\n- name: b\n  context: *c\nx: 0o17\n';
    const after = edited(text, d => d.setCurrentContext('123'));
    expect(parse(after)).toEqual({ ...(parse(text) as object), 'current-context': '123' });
    expect(new KubeconfigDocument('f', after).currentContext).toBe('123');
  });

  test.each(['|-\n  line\n  break', '>-\n  line'])(
    'a value that was a block of lines (%j) becomes another one whole',
    block => {
      for (const name of [' ', 'a', 'two\nlines', '']) {
        const document = new KubeconfigDocument('file', `current-context: ${block}\nkind: Config\n`);
        document.setCurrentContext(name);
        expect(parse(document.toString())).toEqual({ 'current-context': name, kind: 'Config' });
      }
    },
  );

  test.each(['a: [', 'a: 1\na: 2', 'just text', '- list', 'users: text', 'clusters: {a: b}', 'a: "\0"'])(
    'that is %j is an error',
    text => {
      expect(() => new KubeconfigDocument('file', text)).toThrow(UsageError);
    },
  );

  test('with an alias bomb is an error, soon', () => {
    const bomb = `contexts:\n- name: a\n  context: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghi'
      .split('')
      .map((c, i) => `- name: ${c}\n  context: &${c} [${Array(9).fill(`*${'abcdefgh'[i]}`).join(',')}]`)
      .join('\n')}\n`;
    expect(() => new KubeconfigDocument('file', bomb).entries('contexts')).toThrow(UsageError);
  });
});
