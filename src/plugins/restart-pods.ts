/**
 * `restart-pods NAME`: a rolling restart of a Deployment, or of the Stack that owns it: the controller of a Stack would undo a change to its Deployment
 * (docs/plugins.md).
 */
import { randomUUID } from 'node:crypto';
import { checkObjectName } from '../commands/shared.ts';
import { recordAt, recordsAt } from '../json.ts';
import type { Plugin, PluginContext, PluginFlags } from './plugin.ts';

export const restartPodsPlugin: Plugin = {
  name: 'restart-pods',
  texts: {
    summary: 'restart the pods of a deployment, one after another',
    description:
      'Restarts all pods of a Deployment without a gap, by a new annotation of its pod template; where a Stack owns the Deployment, by that of the Stack. It waits until the new pods run, unless --no-wait.',
    examples: ['zkubectl restart-pods checkout -n shop', 'zkubectl restart-pods checkout --no-wait'],
  },
  declare: command => {
    command
      .argument('<NAME>', 'the Deployment')
      .option('--no-wait', 'do not wait until the new pods run')
      .option('--timeout <DURATION>', 'how long to wait, as kubectl takes it', '10m');
  },
  run: runRestartPods,
};

async function runRestartPods(
  ctx: PluginContext,
  [name = '']: readonly string[],
  flags: PluginFlags,
): Promise<number | undefined> {
  checkObjectName('Deployment', name);
  const found = await ctx.kubectlOutput('get', `deployment/${name}`, '-o', 'json');
  if (found.code !== 0) return ctx.failed(found);
  const stack = owningStack(JSON.parse(found.stdout));
  // A merge patch (RFC 7396) leaves the other annotations as they are.
  const annotations = { restart: randomUUID() };
  const [object, patch] =
    stack === undefined
      ? [`deployment/${name}`, { spec: { template: { metadata: { annotations } } } }]
      : [`stacks.zalando.org/${stack}`, { spec: { podTemplate: { metadata: { annotations } } } }];
  const patched = await ctx.kubectlOutput('patch', object, '--type=merge', '-p', JSON.stringify(patch));
  if (patched.code !== 0) return ctx.failed(patched);
  const { clusterName, namespace } = await ctx.target();
  ctx.messages.say(`restarting the pods of ${object} in ${clusterName}, namespace ${namespace}`);
  if (flags['wait'] === false) return undefined;
  return ctx.kubectl('rollout', 'status', `deployment/${name}`, `--timeout=${String(flags['timeout'])}`);
}

/** The Stack (zalando.org) that a Deployment belongs to. */
function owningStack(deployment: unknown): string | undefined {
  const stack = recordsAt(recordAt(deployment, 'metadata'), 'ownerReferences').find(
    owner => owner['kind'] === 'Stack' && String(owner['apiVersion']).startsWith('zalando.org/'),
  );
  return typeof stack?.['name'] === 'string' ? stack['name'] : undefined;
}
