import { expect, test } from 'vitest';
import { extentOf } from '../../../src/kubectl/guard-extent.ts';
import { parseKubectlLine } from '../../../src/kubectl/line.ts';

test('ten objects are counted, those with the most first, and it is said that the others are not', async () => {
  const read: string[] = [];
  const capture = (args: readonly string[]) => {
    read.push(args.join(' '));
    const stdout = args.includes('--output=json') ? '{"kind": "Deployment", "status": {"replicas": 2}}' : 'pod/a\n';
    return Promise.resolve({ code: 0, signal: null, stdout, stderr: '' });
  };
  const workloads = Array.from({ length: 12 }, (_, i) => ({
    kind: 'deployment.apps',
    name: `d${i}`,
    namespace: 'shop',
  }));
  const objects = [
    { kind: 'configmap', name: 'c', namespace: 'shop' },
    ...workloads,
    { kind: 'namespace', name: 'old', namespace: undefined },
  ];
  const lines = await extentOf({ capture }, parseKubectlLine(['delete', '-f', 'x']), objects);
  expect(lines.slice(0, 2)).toEqual([
    '  namespace/old also deletes: 1 × pod',
    '  deployment.apps/d0 also deletes: 2 pods',
  ]);
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('  not counted: what 3 more of these objects also delete');
  expect(read).toHaveLength(10);
});
