/**
 * `tunnel TARGET [LOCAL:]REMOTE…`: forwards local ports to a host that only the cluster can reach, by a Job in the cluster and kubectl port-forward
 * to it (docs/plugins.md).
 * Rules: the local ports are checked before anything is created in the cluster; the Job is always removed, and if that fails, a warning
 * names it.
 */
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { type TargetKubectl, targetKubectl } from '../../cli/target-kubectl.ts';
import { CliError, messageOf, UsageError } from '../../errors.ts';
import { recordAt, recordsAt } from '../../lib/json.ts';
import { oneLine } from '../../lib/one-line.ts';
import { formatSpan } from '../../lib/time.ts';
import { uniqueHex } from '../../platform/files/hash.ts';
import { exitCodeOf } from '../../platform/process/signals.ts';
import { podPort, TUNNEL_LABEL, tunnelJob } from './tunnel-job.ts';
import { checkHost, freePorts, isIpAddress, type Port, parsePort } from './tunnel-ports.ts';

const IMAGE = 'docker.io/alpine/socat:1.8.0.3';
const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_TIMEOUT = '120s';
const POLL_MS = 500;
const REMOVE_TIMEOUT_MS = 20_000;
/** Waiting reasons from which a pod does not recover soon. */
const HOPELESS =
  /^(ImagePullBackOff|InvalidImageName|ErrImageNeverPull|CreateContainer(Config)?Error|RunContainerError)$/;

/** Errors that show for certain that the API server created nothing. */
const REFUSED = /^Error from server \((Forbidden|Invalid|NotFound|BadRequest|Unauthorized)\)|must be logged in/m;

interface TunnelOptions {
  readonly host: string;
  readonly ports: readonly Port[];
  readonly cluster: string | undefined;
  /** The IP address to listen on. */
  readonly address: string;
  readonly image: string;
  readonly timeoutMs: number;
}

interface TunnelFlags {
  readonly cluster?: string;
  readonly address?: string;
  readonly image?: string;
  readonly timeout?: string;
}

export const tunnelCommand: CommandDefinition<TunnelOptions> = {
  texts: {
    summary: 'forward local ports to a host that only the cluster can reach',
    description:
      'Forwards local ports to a host that the cluster can reach, such as a database. A small Job in the cluster does the forwarding; it is deleted when the command ends, and after an hour at the latest. Press Ctrl-C to stop.',
    examples: [
      'zkubectl tunnel orders.db.example.org 5432 -n shop',
      'zkubectl tunnel search.example.org 8443:443 9200',
      'zkubectl tunnel 10.2.3.4 0:80',
    ],
  },
  declare: command => {
    command
      .argument('<TARGET>', 'a host name or an IP address')
      .argument('<[LOCAL:]REMOTE...>', 'a port of the host; LOCAL is the port on this machine (0: any free port)')
      .option(...CLUSTER_FLAG)
      .option('--address <IP>', 'where to listen on this machine', DEFAULT_ADDRESS)
      .option('--image <IMAGE>', 'an image with socat in it', IMAGE)
      .option('--timeout <SPAN>', 'how long to wait for the pod, such as 90s or 5m', DEFAULT_TIMEOUT);
  },
  options: ([host = '', ...words], flags: TunnelFlags) => {
    checkHost(host);
    const address = flags.address ?? DEFAULT_ADDRESS;
    if (!isIpAddress(address))
      throw new UsageError(`--address takes an IP address, not ${address}`, { code: 'bad_flag' });
    return {
      host,
      ports: words.map(parsePort),
      cluster: flags.cluster,
      address,
      image: flags.image ?? IMAGE,
      timeoutMs: parseSpan('--timeout', flags.timeout ?? DEFAULT_TIMEOUT) * 1000,
    };
  },
  run: runTunnel,
};

async function runTunnel(ctx: Context, options: TunnelOptions): Promise<number> {
  const { host, address, image, timeoutMs } = options;
  const ports = await freePorts(address, options.ports);
  if (address !== '::1' && !address.startsWith('127.'))
    ctx.messages.warn(`everybody who can reach ${address} on this machine can use this tunnel`);
  const name = `zkubectl-tunnel-${uniqueHex()}`;
  const kubectl = await targetKubectl(ctx, options.cluster);
  const job = tunnelJob(
    name,
    image,
    host,
    ports.map(port => port.remote),
  );
  let mayBeThere = true;
  try {
    const created = await kubectl.capture(['create', '-f', '-', '-o', 'name'], { input: JSON.stringify(job) });
    // kubectl may have created the Job even if it was killed or lost the connection.
    mayBeThere = created.code === 0 || !REFUSED.test(created.stderr);
    if (created.code !== 0) return kubectl.failed(created);
    const pod = await readyPod(ctx, kubectl, name, timeoutMs);
    return typeof pod === 'number' ? pod : await forward(ctx, kubectl, pod.name, host, address, ports);
  } finally {
    if (mayBeThere) await remove(ctx, kubectl, name);
  }
}

/** Waits for the pod. Resolves to kubectl's exit code when kubectl fails. Throws CliError (1) when the pod fails, or is not ready in time. */
async function readyPod(
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
    const left = until - io.now().getTime();
    if (left <= 0) {
      throw new CliError(`the tunnel's pod was not ready within ${formatSpan(timeoutMs)}: ${pod.state}`, {
        code: 'timeout',
        hint: `to see why: zkubectl get events; to use another image: --image IMAGE`,
      });
    }
    messages.progress(`waiting for the tunnel's pod: ${pod.state}; ${formatSpan(left)} left`);
    await io.sleep(Math.min(POLL_MS, left), io.signal);
  }
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

/** Runs kubectl port-forward until it ends; prints the ports when all are open. */
async function forward(
  ctx: Context,
  kubectl: TargetKubectl,
  pod: string,
  host: string,
  address: string,
  ports: readonly Port[],
): Promise<number> {
  const { clusterName, namespace } = kubectl.target;
  const pairs = ports.map(({ local }, index) => `${local}:${podPort(index)}`);
  const shown = address.includes(':') ? `[${address}]` : address;
  let text = '';
  let isOpen = false;
  const onStdout = (more: string) => {
    // Later output is ignored: a line for each connection.
    if (isOpen) return;
    text += more;
    if ((text.match(/^Forwarding from /gm)?.length ?? 0) < ports.length) return;
    isOpen = true;
    ctx.messages.endProgress();
    ctx.io.stdout.write(ports.map(({ local, remote }) => `${shown}:${local} -> ${host}:${remote}\n`).join(''));
    ctx.messages.say(`open through ${clusterName}, namespace ${namespace}, for an hour at most; press Ctrl-C to stop`);
  };
  const result = await kubectl.capture(['port-forward', `pod/${pod}`, '--address', address, ...pairs], { onStdout });
  const code = exitCodeOf(result);
  if (result.code !== null && code !== 0) await kubectl.failed(result);
  return code;
}

async function remove(ctx: Context, kubectl: TargetKubectl, job: string): Promise<void> {
  const { context, namespace, clusterName } = kubectl.target;
  ctx.messages.progress('removing the tunnel');
  const args = ['delete', 'job', job, '--cascade=background', '--ignore-not-found', '--wait=false'];
  try {
    const result = await kubectl.capture(args, { ignoreSignals: true, timeoutMs: REMOVE_TIMEOUT_MS });
    if (result.code === 0) return ctx.messages.endProgress();
    await kubectl.failed(result);
  } catch (error) {
    ctx.messages.warn(messageOf(error));
  }
  ctx.messages.warn(
    `job ${job} was not deleted in ${clusterName}, namespace ${namespace}; it ends by itself within an hour`,
  );
  ctx.messages.hint(`zkubectl --context ${context} delete job ${job} -n ${namespace}`);
}
