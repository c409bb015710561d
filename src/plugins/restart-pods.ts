/**
 * `restart-pods NAME`: a rolling restart of a Deployment, or of the Stack that owns it: the controller of a Stack would undo a change to its Deployment
 * (docs/plugins.md).
 */
import { randomUUID } from 'node:crypto';
import { checkObjectName, parseSpan } from '../cli/command.ts';
import { CliError } from '../errors.ts';
import { recordAt, recordsAt } from '../lib/json.ts';
import { formatSpan } from '../lib/time.ts';
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
      .option('--timeout <SPAN>', 'how long to wait, as 90s or 10m', '10m');
  },
  run: runRestartPods,
};

const POLL_MS = 500;

async function runRestartPods(
  ctx: PluginContext,
  [name = '']: readonly string[],
  flags: PluginFlags,
): Promise<number | undefined> {
  checkObjectName('Deployment', name);
  const timeoutMs = parseSpan('--timeout', String(flags['timeout'])) * 1000;
  const found = await ctx.kubectlOutput('get', `deployment/${name}`, '-o', 'json');
  if (found.code !== 0) return ctx.failed(found);
  const deployment: unknown = JSON.parse(found.stdout);
  const { clusterName, namespace } = await ctx.target();
  if (recordAt(deployment, 'spec')['paused'] === true)
    throw new CliError(`deployments.apps "${name}" can't restart paused deployment`, {
      code: 'paused',
      hint: `zkubectl rollout resume deployment/${name} -n ${namespace}`,
    });
  const stack = owningStack(deployment);
  const mark = randomUUID();
  // A merge patch (RFC 7396) leaves the other annotations as they are.
  const annotations = { [MARK]: mark };
  const [object, patch] =
    stack === undefined
      ? [`deployment/${name}`, { spec: { template: { metadata: { annotations } } } }]
      : [`stacks.zalando.org/${stack}`, { spec: { podTemplate: { metadata: { annotations } } } }];
  const patched = await ctx.kubectlOutput('patch', object, '--type=merge', '-p', JSON.stringify(patch));
  if (patched.code !== 0) return ctx.failed(patched);
  ctx.messages.say(`restarting the pods of ${object} in ${clusterName}, namespace ${namespace}`);
  if (flags['wait'] === false) return undefined;
  const until = ctx.io.now().getTime() + timeoutMs;
  const failure = stack === undefined ? undefined : await waitForMark(ctx, name, mark, until, timeoutMs);
  if (failure !== undefined) return failure;
  // For kubectl, none left is time without end.
  const left = Math.max(1, Math.ceil((until - ctx.io.now().getTime()) / 1000));
  return ctx.kubectl('rollout', 'status', `deployment/${name}`, `--timeout=${left}s`);
}

/** The annotation of a pod template by which it is restarted. */
const MARK = 'restart';

/**
 * Waits until the Stack's controller has copied the mark into the Deployment: before that, the rollout that can be seen is the last one. Resolves to an
 * exit code where kubectl fails; throws CliError (1) when the time is over.
 */
async function waitForMark(
  ctx: PluginContext,
  name: string,
  mark: string,
  until: number,
  timeoutMs: number,
): Promise<number | undefined> {
  for (;;) {
    const found = await ctx.kubectlOutput('get', `deployment/${name}`, '-o', 'json');
    if (found.code !== 0) return ctx.failed(found);
    const template = recordAt(recordAt(JSON.parse(found.stdout), 'spec'), 'template');
    if (recordAt(recordAt(template, 'metadata'), 'annotations')[MARK] === mark) {
      ctx.messages.endProgress();
      return undefined;
    }
    const left = until - ctx.io.now().getTime();
    if (left <= 0)
      throw new CliError(
        `the controller of the Stack did not restart deployment/${name} within ${formatSpan(timeoutMs)}`,
        { code: 'timeout', hint: `it may still do so: zkubectl rollout status deployment/${name}` },
      );
    ctx.messages.waiting('for the controller of the Stack', left);
    await ctx.io.sleep(Math.min(POLL_MS, left), ctx.io.signal);
  }
}

/** The Stack (zalando.org) that a Deployment belongs to. */
function owningStack(deployment: unknown): string | undefined {
  const stack = recordsAt(recordAt(deployment, 'metadata'), 'ownerReferences').find(
    owner => owner['kind'] === 'Stack' && String(owner['apiVersion']).startsWith('zalando.org/'),
  );
  return typeof stack?.['name'] === 'string' ? stack['name'] : undefined;
}
