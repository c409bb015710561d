/** The guard of `taint` with the effect NoExecute: shows the pods that leave the nodes. */
import { recordAt, recordsAt } from '../lib/json.ts';
import { confirmLook, type Guard, type GuardWorld, placeOf } from './confirm.ts';
import { argsOf, flagsFor, type KubectlLine, kubectlArgs, withoutFlags } from './line.ts';
import { describeObjects, documentsIn, keyOf, nameIn } from './objects.ts';
import type { PinnedTarget } from './pinned-target.ts';

interface Taint {
  readonly key: string;
  readonly value: string;
}

/** `key=value:NoExecute`, `key:NoExecute`. A word that ends with a dash removes a taint and is left out. */
export function noExecuteTaints(words: readonly string[]): Taint[] {
  return words.flatMap(word => {
    const [, key, value = ''] = /^([^=:]+)(?:=([^:]*))?:NoExecute$/.exec(word) ?? [];
    return key === undefined ? [] : [{ key, value }];
  });
}

export const guardTaint: Guard = async (world, line, target) => {
  const taints = noExecuteTaints(line.words);
  let nodes: readonly string[] = [];
  const ended = await confirmLook(world, target, 'run kubectl taint', async () => {
    const found = await world.capture(kubectlArgs('get', getFlags(line), nodeWords(line)));
    if (found.code !== 0) return world.failed(target, found);
    nodes = documentsIn(found.stdout).map(object => nameIn(object).name);
    if (nodes.length === 0) return { lines: [], whole: '' };
    const pods = await podsThatLeave(world, line, target, nodes, taints);
    if (typeof pods === 'number') return pods;
    const what = `${nodes.join(', ')} ${nodes.length === 1 ? 'is' : 'are'} tainted and these pods are evicted`;
    return {
      lines: pods.length === 0 ? [] : describeObjects(placeOf(target), pods, what),
      whole: [...nodes, ...pods.map(keyOf)].join('\n'),
    };
  });
  if (ended !== undefined) return ended;
  if (nodes.length === 0) return world.run(argsOf(line));
  const flags = withoutFlags(line.flags, '--all', '--selector');
  return world.run(kubectlArgs('taint', flags, ['nodes', ...nodes, ...line.words.filter(isTaint)]));
};

/** A taint contains `=` or `:`, or ends with `-`. A node's name contains neither `=` nor `:`. */
function isTaint(word: string): boolean {
  return /[=:]|-$/.test(word);
}

function nodeWords(line: KubectlLine): string[] {
  return line.words.filter(word => !isTaint(word));
}

function getFlags({ flags }: KubectlLine) {
  return [...flagsFor('get', flags, '--output', '--template'), { name: '--output', value: 'json' }];
}

/** The pods on these nodes, except those that tolerate every taint without a time limit. A number is kubectl's exit code: the pods cannot be listed. */
async function podsThatLeave(
  world: GuardWorld,
  line: KubectlLine,
  target: PinnedTarget,
  nodes: readonly string[],
  taints: readonly Taint[],
) {
  const flags = [
    ...flagsFor('get', line.flags, '--output', '--template', '--selector', '--namespace'),
    { name: '--all-namespaces', value: undefined },
    { name: '--output', value: 'json' },
  ];
  const result = await world.capture(kubectlArgs('get', flags, ['pods']));
  if (result.code !== 0) return world.failed(target, result);
  return documentsIn(result.stdout)
    .filter(pod => nodes.includes(String(recordAt(pod, 'spec')['nodeName'])))
    .filter(pod => !taints.every(taint => tolerates(pod, taint)))
    .map(nameIn);
}

/** corev1.Toleration.ToleratesTaint. A toleration with tolerationSeconds does not count: the pod leaves later. */
function tolerates(pod: Record<string, unknown>, taint: Taint): boolean {
  return recordsAt(recordAt(pod, 'spec'), 'tolerations').some(
    ({ key, operator, value, effect, tolerationSeconds }) =>
      tolerationSeconds === undefined &&
      (effect === undefined || effect === '' || effect === 'NoExecute') &&
      (key === undefined || key === '' ? operator === 'Exists' : key === taint.key) &&
      (operator === 'Exists' || (value ?? '') === taint.value),
  );
}
