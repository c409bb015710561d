/**
 * `restart-pods NAME`: a rolling restart of a Deployment, or of the Stack that owns it, because the Stack's controller would undo a change to the
 * Deployment (docs/plugins.md).
 */
import { randomUUID } from 'node:crypto';
import { checkObjectName, parseSpan } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../cli/definition.ts';
import { type TargetKubectl, targetKubectl } from '../cli/target-kubectl.ts';
import { CliError, ExitCode } from '../errors.ts';
import { recordAt, recordsAt } from '../lib/json.ts';
import { formatSpan } from '../lib/time.ts';

interface RestartOptions {
  /** The Deployment's name. */
  readonly name: string;
  readonly cluster: string | undefined;
  /** Wait until the new pods run. */
  readonly wait: boolean;
  readonly timeoutMs: number;
}

export const restartPodsCommand: CommandDefinition<RestartOptions> = {
  texts: {
    summary: 'restart the pods of a deployment, one after another',
    description:
      'Restarts all pods of a Deployment in a rolling update, by changing an annotation of its pod template, or of the pod template of the Stack that owns the Deployment. It waits until the new pods run, unless --no-wait is given.',
    examples: ['zkubectl restart-pods checkout -n shop', 'zkubectl restart-pods checkout --no-wait'],
  },
  declare: command => {
    command
      .argument('<NAME>', 'the Deployment')
      .option(...CLUSTER_FLAG)
      .option('--no-wait', 'do not wait until the new pods run')
      .option('--timeout <SPAN>', 'how long to wait, such as 90s or 10m', DEFAULT_TIMEOUT);
  },
  options: ([name = ''], flags: { cluster?: string; wait?: boolean; timeout?: string }) => {
    checkObjectName('Deployment', name);
    const timeoutMs = parseSpan('--timeout', flags.timeout ?? DEFAULT_TIMEOUT) * 1000;
    return { name, cluster: flags.cluster, wait: flags.wait ?? true, timeoutMs };
  },
  run: runRestartPods,
};

const POLL_MS = 500;
const DEFAULT_TIMEOUT = '10m';

async function runRestartPods(ctx: Context, { name, cluster, wait, timeoutMs }: RestartOptions): Promise<number> {
  const kubectl = await targetKubectl(ctx, cluster);
  const found = await kubectl.output('get', `deployment/${name}`, '-o', 'json');
  if (found.code !== 0) return kubectl.failed(found);
  const deployment: unknown = JSON.parse(found.stdout);
  const { clusterName, namespace } = kubectl.target;
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
  const patched = await kubectl.output('patch', object, '--type=merge', '-p', JSON.stringify(patch));
  if (patched.code !== 0) return kubectl.failed(patched);
  ctx.messages.say(`restarting the pods of ${object} in ${clusterName}, namespace ${namespace}`);
  if (!wait) return ExitCode.ok;
  const until = ctx.io.now().getTime() + timeoutMs;
  const failure = stack === undefined ? undefined : await waitForMark(ctx, kubectl, name, mark, until, timeoutMs);
  if (failure !== undefined) return failure;
  // At least 1 s: kubectl reads a timeout of 0 as no timeout.
  const left = Math.max(1, Math.ceil((until - ctx.io.now().getTime()) / 1000));
  return kubectl.run('rollout', 'status', `deployment/${name}`, `--timeout=${left}s`);
}

/** The annotation of the pod template; changing it restarts the pods. */
const MARK = 'restart';

/**
 * Waits until the Stack's controller has copied the annotation to the Deployment: until then, kubectl shows the status of the previous rollout.
 * Resolves to kubectl's exit code when kubectl fails; throws CliError (1) after the timeout.
 */
async function waitForMark(
  ctx: Context,
  kubectl: TargetKubectl,
  name: string,
  mark: string,
  until: number,
  timeoutMs: number,
): Promise<number | undefined> {
  for (;;) {
    const found = await kubectl.output('get', `deployment/${name}`, '-o', 'json');
    if (found.code !== 0) return kubectl.failed(found);
    const template = recordAt(recordAt(JSON.parse(found.stdout), 'spec'), 'template');
    if (recordAt(recordAt(template, 'metadata'), 'annotations')[MARK] === mark) {
      ctx.messages.endProgress();
      return undefined;
    }
    const left = until - ctx.io.now().getTime();
    if (left <= 0)
      throw new CliError(
        `the controller of the Stack did not restart deployment/${name} within ${formatSpan(timeoutMs)}`,
        { code: 'timeout', hint: `the restart may still happen: zkubectl rollout status deployment/${name}` },
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
