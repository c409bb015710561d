/**
 * `tunnel TARGET [LOCAL:]REMOTE…`: forwards local ports to a host that only the cluster can reach, by a Job in the cluster and kubectl port-forward
 * to it (docs/plugins.md).
 * Rules: the local ports are checked before anything is created in the cluster; the Job is always removed, and if that fails, a warning
 * names it.
 */
import { isCtrlC, parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { type TargetKubectl, targetKubectl } from '../../cli/target-kubectl.ts';
import { ExitCode, messageOf, UsageError } from '../../errors.ts';
import { uniqueHex } from '../../platform/files/hash.ts';
import { exitCodeOf } from '../../platform/process/signals.ts';
import { podPort, tunnelJob } from './tunnel-job.ts';
import { readyPod } from './tunnel-pod.ts';
import { checkHost, freePorts, isIpAddress, type Port, parsePort } from './tunnel-ports.ts';

const IMAGE = 'docker.io/alpine/socat:1.8.0.3';
const DEFAULT_ADDRESS = '127.0.0.1';
const DEFAULT_TIMEOUT = '120s';
const REMOVE_TIMEOUT_MS = 20_000;
/** Errors that show for certain that the API server created nothing. */
const REFUSED = /^Error from server \((Forbidden|Invalid|NotFound|BadRequest|Unauthorized)\)|must be logged in/m;

interface TunnelOptions {
  readonly host: string;
  readonly ports: readonly Port[];
  readonly cluster: string | undefined;
  /** Where to listen: IP addresses, or localhost. */
  readonly addresses: readonly string[];
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
      .option(
        '--address <ADDRESSES>',
        'where to listen on this machine: IP addresses or localhost, by commas',
        DEFAULT_ADDRESS,
      )
      .option('--image <IMAGE>', 'an image with socat in it', IMAGE)
      .option('--timeout <SPAN>', 'how long to wait for the pod, such as 90s or 5m', DEFAULT_TIMEOUT);
  },
  options: ([host = '', ...words], flags: TunnelFlags) => {
    checkHost(host);
    const addresses = [...new Set((flags.address ?? DEFAULT_ADDRESS).split(','))];
    for (const address of addresses)
      if (address !== 'localhost' && !isIpAddress(address))
        throw new UsageError(`--address takes IP addresses or localhost, not ${address}`, { code: 'bad_flag' });
    return {
      host,
      ports: words.map(parsePort),
      cluster: flags.cluster,
      addresses,
      image: flags.image ?? IMAGE,
      timeoutMs: parseSpan('--timeout', flags.timeout ?? DEFAULT_TIMEOUT) * 1000,
    };
  },
  run: runTunnel,
};

async function runTunnel(ctx: Context, options: TunnelOptions): Promise<number> {
  const { host, addresses, image, timeoutMs } = options;
  const ports = await freePorts(addresses, options.ports);
  for (const address of addresses)
    if (!/^(::1|127\.[\d.]+|localhost)$/.test(address))
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
    return typeof pod === 'number' ? pod : await forward(ctx, kubectl, pod.name, host, addresses, ports);
  } finally {
    if (mayBeThere) await remove(ctx, kubectl, name);
  }
}

/** Runs kubectl port-forward until it ends; prints the ports when all are open. */
async function forward(
  ctx: Context,
  kubectl: TargetKubectl,
  pod: string,
  host: string,
  addresses: readonly string[],
  ports: readonly Port[],
): Promise<number> {
  const { clusterName, namespace } = kubectl.target;
  const pairs = ports.map(({ local }, index) => `${local}:${podPort(index)}`);
  const shown = addresses.map(address => (address.includes(':') ? `[${address}]` : address));
  /** Every port on every address; localhost is one address, or two. */
  const areAllOpen = () =>
    ports.every(
      (_, index) =>
        (text.match(new RegExp(`^Forwarding from .* -> ${podPort(index)}$`, 'gm'))?.length ?? 0) >= addresses.length,
    );
  let text = '';
  let isOpen = false;
  const onStdout = (more: string) => {
    // Later output is ignored: a line for each connection.
    if (isOpen) return;
    text += more;
    if (!areAllOpen()) return;
    isOpen = true;
    ctx.messages.endProgress();
    ctx.io.stdout.write(
      shown.flatMap(address => ports.map(({ local, remote }) => `${address}:${local} -> ${host}:${remote}\n`)).join(''),
    );
    ctx.messages.say(`open through ${clusterName}, namespace ${namespace}, for an hour at most; press Ctrl-C to stop`);
  };
  const result = await kubectl.capture(['port-forward', `pod/${pod}`, '--address', addresses.join(','), ...pairs], {
    onStdout,
  });
  const code = exitCodeOf(result);
  // Ctrl-C is the way to end an open tunnel.
  if (isOpen && isCtrlC(ctx.io)) return ExitCode.ok;
  if (result.code !== null && code !== 0) await kubectl.failed(result);
  return code;
}

async function remove(ctx: Context, kubectl: TargetKubectl, job: string): Promise<void> {
  const { context, namespace, clusterName } = kubectl.target;
  ctx.messages.progress('removing the tunnel');
  const args = ['delete', 'job', job, '--cascade=background', '--ignore-not-found', '--wait=false'];
  try {
    const result = await kubectl.capture(args, { ignoreSignals: true, timeoutMs: REMOVE_TIMEOUT_MS, isTidyUp: true });
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
