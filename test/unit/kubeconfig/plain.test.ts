/** The quick way through a kubeconfig against the thorough one. */
import { describe, expect, test } from 'vitest';
import { KubeconfigDocument } from '../../../src/kubeconfig/document.ts';
import { readPlainKubeconfig } from '../../../src/kubeconfig/plain.ts';

const TEXT = `apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: LS0tLS1CRUdJTg==
    server: https://127.0.0.1:6443
  name: foobarlab
contexts:   # mine
- context: {cluster: x}
  name: flow
`;
const PLAIN = `${TEXT.replace('- context: {cluster: x}', '- context:\n    cluster: foobarlab\n    namespace: shop')}current-context: foobarlab # now
kind: Config
preferences: {}
users:
- name: zkubectl-foobarlab
  user:
    exec:
      args:
      - credentials
      - foobarlab
      env: null
`;
const withCurrentContext = (text: string, name: string) => readPlainKubeconfig(text)?.withCurrentContext(name);
const LISTS = ['clusters', 'contexts', 'users'] as const;

describe('what kubectl writes', () => {
  test('is read alike', () => {
    const quick = readPlainKubeconfig(PLAIN);
    const thorough = new KubeconfigDocument('f', PLAIN);
    expect(quick?.currentContext).toBe(thorough.currentContext);
    for (const list of LISTS) expect(quick?.entries(list)).toEqual(thorough.entries(list));
  });

  test.each([
    ['foobarlab # now', 'foobarlab # now'],
    ['foobarlab', 'other'],
    ['"foobarlab"', '"other"'],
    ["'foobarlab'   ", "'other'   "],
    ['""', 'other'],
  ])('current-context: %s becomes %s, and nothing else changes', (before, after) => {
    const wanted = after.replace(/["' ]|#.*/g, '');
    const text = PLAIN.replace('foobarlab # now', before);
    const changed = withCurrentContext(text, wanted);
    expect(changed).toBe(PLAIN.replace('foobarlab # now', after));
    const thorough = new KubeconfigDocument('f', text);
    thorough.setCurrentContext(wanted);
    expect(new KubeconfigDocument('f', changed).currentContext).toBe(
      new KubeconfigDocument('f', thorough.toString()).currentContext,
    );
  });
});

describe('is left to the thorough way', () => {
  test.each([
    ['flow mappings', TEXT],
    ['a list that is none', 'clusters: {}\n'],
    ['a list that is a word', 'users: nobody\n'],
    ['nothing', ''],
  ])('%s', (_, text) => {
    expect(readPlainKubeconfig(text)).toBeUndefined();
    expect(withCurrentContext(text, 'a')).toBeUndefined();
  });

  test.each([
    ['a name that needs quotes', PLAIN, 'no'],
    ['a name with a colon at its end', PLAIN, 'a:'],
    ['a file without current-context', PLAIN.replace(/current-context.*\n/, ''), 'a'],
    ['a current-context that is null', PLAIN.replace('foobarlab # now', 'null'), 'a'],
  ])('%s', (_, text, name) => {
    expect(withCurrentContext(text, name)).toBeUndefined();
  });
});
