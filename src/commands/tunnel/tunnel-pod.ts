/** Waits for the pod of a tunnel. */
import type { Context } from '../../cli/context.ts';
import type { TargetKubectl } from '../../cli/target-kubectl.ts';
import { CliError } from '../../errors.ts';
import { recordAt, recordsAt } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import { formatSpan } from '../../lib/time.ts';
import { TUNNEL_LABEL } from './tunnel-job.ts';

const POLL_MS = 500;
/** Waiting reasons from which a pod does not recover soon. */
const HOPELESS =
  /^(ImagePullBackOff|InvalidImageName|ErrImageNeverPull|CreateContainer(Config)?Error|RunContainerError)$/;

/** Waits for the pod. Resolves to kubectl's exit code when kubectl fails. Throws CliError (1) when the pod fails, or is not ready in time. */
export async function readyPod(
  ctx: Context,
  kubectl: TargetKubectl,
  job: string,
  timeoutMs: number,
): Promise<{ name: string } | number> {
  const { io, messages } = ctx;
  const until = io.now().getTime() + timeoutMs;
  for (;;) {
    const result = await kubectl.output('get', 'pods', '-l', `${TUNNEL_LABEL}=${job}`, '-o', 'json');
    if (result.code !== 0) return kubectl.failed(result);
    io.signal.throwIfAborted();
    const pod = podStateOf(JSON.parse(result.stdout));
    if (pod.isReady) return { name: pod.name };
    if (pod.isHopeless) throw new CliError(`the tunnel's pod cannot start: ${pod.state}`, { code: 'tunnel_failed' });
    const refusal = pod.name === '' ? await refusalOf(kubectl, job) : undefined;
    if (refusal !== undefined)
      throw new CliError(`the tunnel's pod cannot be created: ${refusal}`, { code: 'tunnel_failed' });
    const left = until - io.now().getTime();
    if (left <= 0) {
      throw new CliError(`the tunnel's pod was not ready within ${formatSpan(timeoutMs)}: ${pod.state}`, {
        code: 'timeout',
        hint: `to see why: zkubectl --context ${kubectl.target.context} get events -n ${kubectl.target.namespace}; to use another image: --image IMAGE`,
      });
    }
    messages.progress(`waiting for the tunnel's pod: ${pod.state}; ${formatSpan(left)} left`);
    await io.sleep(Math.min(POLL_MS, left), io.signal);
  }
}

/** Why the Job's controller cannot create the pod, such as a quota, a LimitRange or PodSecurity: the Job's last warning. */
async function refusalOf(kubectl: TargetKubectl, job: string): Promise<string | undefined> {
  const selector = `involvedObject.kind=Job,involvedObject.name=${job},type=Warning`;
  const result = await kubectl.output('get', 'events', '--field-selector', selector, '-o', 'json');
  // Without the right to read events, the wait goes on.
  if (result.code !== 0) return undefined;
  const { message } = recordsAt(JSON.parse(result.stdout), 'items').at(-1) ?? {};
  return typeof message === 'string' ? oneLine(message).replace(/^Error creating: /, '') : undefined;
}

function podStateOf(list: unknown) {
  const [pod] = recordsAt(list, 'items');
  if (pod === undefined) return { name: '', isReady: false, isHopeless: false, state: 'not created yet' };
  const status = recordAt(pod, 'status');
  const conditions = recordsAt(status, 'conditions');
  const reasons = recordsAt(status, 'containerStatuses').flatMap(container => {
    const { reason } = recordAt(recordAt(container, 'state'), 'waiting');
    return typeof reason === 'string' ? [reason] : [];
  });
  const unmet = conditions.find(
    c => c['status'] === 'False' && typeof c['message'] === 'string' && c['message'] !== '',
  );
  const words = [status['phase'] ?? 'Pending', ...reasons, unmet?.['message']].filter(word => word !== undefined);
  return {
    name: String(recordAt(pod, 'metadata')['name']),
    isReady: conditions.some(c => c['type'] === 'Ready' && c['status'] === 'True'),
    isHopeless: status['phase'] === 'Failed' || reasons.some(reason => HOPELESS.test(reason)),
    state: oneLine([...new Set(words)].join(', ')),
  };
}
