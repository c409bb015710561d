/** The guard of `drain`: shows the pods that would be evicted, and the pods that a PodDisruptionBudget blocks. */
import { confirmLook, type Guard, placeOf } from './confirm.ts';
import { kubectlArgs, withoutFlags } from './line.ts';
import { describeObjects, keyOf } from './objects.ts';

/** kubectl retries an eviction that a PodDisruptionBudget blocks, also in a dry run. */
const LOOK_TIMEOUT = '5s';

export const guardDrain: Guard = async (world, line, target) => {
  const flags = [
    ...withoutFlags(line.flags, '--dry-run', '--timeout'),
    { name: '--dry-run', value: 'server' },
    { name: '--timeout', value: LOOK_TIMEOUT },
  ];
  let nodes: readonly string[] = line.words;
  const ended = await confirmLook(world, target, `drain ${nodes.join(', ') || 'them'}`, async () => {
    const result = await world.capture(kubectlArgs('drain', flags, line.words));
    const held = heldBack(result.stderr);
    nodes = drainedNodes(result.stdout);
    if ((result.code !== 0 && held.length === 0) || nodes.length === 0) return world.failed(target, result);
    const pods = podsOf(result.stdout);
    const shown =
      pods.length === 0
        ? [`on ${placeOf(target)}, ${nodes.join(', ')}: no pods are evicted; new pods are not scheduled`]
        : describeObjects(
            placeOf(target),
            pods,
            `${nodes.join(', ')} ${nodes.length === 1 ? 'is' : 'are'} drained and these pods are evicted`,
          );
    return {
      lines: [...shown, ...held.map(text => `  blocked by a PodDisruptionBudget: ${text}`)],
      whole: [...nodes, ...pods.map(keyOf)].join('\n'),
    };
  });
  // Use the node names: by now, the selector could match other nodes.
  return ended ?? world.run(kubectlArgs('drain', withoutFlags(line.flags, '--selector'), nodes));
};

function podsOf(stdout: string) {
  const found = stdout.matchAll(/^(?:evicting|deleting) pod (\S+)\/(\S+) \(server dry run\)$/gm);
  const pods = new Map(
    [...found].map(([, namespace = '', name = '']) => [`${namespace}/${name}`, { namespace, name }]),
  );
  return [...pods.values()]
    .map(pod => ({ kind: 'pod', ...pod }))
    .sort((a, b) => `${a.namespace}/${a.name}`.localeCompare(`${b.namespace}/${b.name}`, 'en'));
}

function drainedNodes(stdout: string): string[] {
  return [...new Set([...stdout.matchAll(/^node\/(\S+) (?:already )?cordoned/gm)].map(([, node = '']) => node))];
}

/** The pods whose eviction the server refused (429). */
function heldBack(stderr: string): string[] {
  const found = stderr.matchAll(/^error when evicting pods\/"([^"]+)" -n "([^"]+)" \(will retry/gm);
  return [...new Set([...found].map(([, pod, namespace]) => `pod/${pod} in namespace ${namespace}`))].sort();
}
