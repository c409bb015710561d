/**
 * `exec` and `attach` to a sandbox container over WebSocket (`v5.channel.k8s.io`, KEP-4006): each message begins with the number of its channel.
 * `exec` runs the tiny shell; `attach` shows the log as it goes on.
 */
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { LOG_PERIOD_MS, LogWriter } from './logs.ts';
import type { Fields, KubeObject } from './resource-types.ts';
import { isShell, runInContainer, runScript, type ShellResult, type ShellWorld } from './tiny-shell.ts';

const PROTOCOLS = ['v5.channel.k8s.io', 'v4.channel.k8s.io'];
const CHANNEL = { stdin: 0, stdout: 1, stderr: 2, error: 3, close: 255 } as const;

interface Session {
  readonly pod: KubeObject;
  readonly container: string;
  readonly query: URLSearchParams;
  readonly now: () => Date;
}

function isEphemeral({ pod, container }: Session): boolean {
  return ((pod.spec?.['ephemeralContainers'] ?? []) as Fields[]).some(({ name }) => name === container);
}

/** Handles an upgrade request. */
export async function serveExec(
  isAttach: boolean,
  session: Session,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const { WebSocketServer } = await import('ws');
  const server = new WebSocketServer({
    noServer: true,
    handleProtocols: offered => PROTOCOLS.find(protocol => offered.has(protocol)) ?? false,
  });
  const webSocket = await new Promise<import('ws').WebSocket>(resolve => {
    server.handleUpgrade(request, socket, head, resolve);
  });
  const send = (channel: number, text: string) => {
    if (text !== '') webSocket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  };
  const end = (exitCode: number) => {
    send(CHANNEL.error, JSON.stringify(statusOf(exitCode)));
    webSocket.close(1000);
  };
  webSocket.on('error', () => undefined);
  const isWanted = session.query.get('stdin') === 'true';
  // An ephemeral container with stdin is a shell.
  const command = isAttach && isWanted && isEphemeral(session) ? ['sh'] : session.query.getAll('command');
  if (command.length === 0) return attach(session, webSocket, send);
  const show = ({ stdout, stderr }: Pick<ShellResult, 'stdout' | 'stderr'>) => {
    const line = (text: string) => (session.query.get('tty') === 'true' ? text.replaceAll('\n', '\r\n') : text);
    send(CHANNEL.stdout, line(stdout));
    send(session.query.get('tty') === 'true' ? CHANNEL.stdout : CHANNEL.stderr, line(stderr));
  };
  const world = (): ShellWorld => ({ pod: session.pod, container: session.container, now: session.now() });
  if (isWanted && isShell(command[0] ?? '') && !command.includes('-c'))
    return converse(session, webSocket, { send, show, end, world });
  const result = runInContainer(command, world());
  show(result);
  end(result.exitCode);
}

interface Talk {
  readonly send: (channel: number, text: string) => void;
  readonly show: (result: Pick<ShellResult, 'stdout' | 'stderr'>) => void;
  readonly end: (exitCode: number) => void;
  readonly world: () => ShellWorld;
}

/** A shell that reads lines from stdin. With a terminal, it echoes what is typed. */
function converse({ query }: Session, webSocket: import('ws').WebSocket, { send, show, end, world }: Talk): void {
  const isTty = query.get('tty') === 'true';
  let typed = '';
  let exitCode = 0;
  const prompt = () => (isTty ? send(CHANNEL.stdout, '$ ') : undefined);
  const runLine = (line: string): boolean => {
    const result = runScript(line, world());
    show(result);
    exitCode = result.exitCode;
    return /(^|[;&|\s])exit(\s+\d+)?\s*$/.test(line);
  };
  const onText = (text: string): void => {
    for (const char of text) {
      if (isTty && char === '\x04' && typed === '') return end(exitCode);
      if (isTty && char === '\x03') {
        typed = '';
        send(CHANNEL.stdout, '^C\r\n$ ');
      } else if (isTty && (char === '\x7f' || char === '\b')) {
        if (typed !== '') send(CHANNEL.stdout, '\b \b');
        typed = typed.slice(0, -1);
      } else if (char === '\n' || char === '\r') {
        if (isTty) send(CHANNEL.stdout, '\r\n');
        const line = typed;
        typed = '';
        if (runLine(line)) return end(exitCode);
        prompt();
      } else {
        typed += char;
        if (isTty) send(CHANNEL.stdout, char);
      }
    }
  };
  webSocket.on('message', (data: Buffer) => {
    const [channel, ...rest] = data;
    if (channel === CHANNEL.stdin) onText(Buffer.from(rest).toString('utf8'));
    // The client has no more input.
    if (channel === CHANNEL.close && rest[0] === CHANNEL.stdin) {
      if (typed !== '') runLine(typed);
      end(exitCode);
    }
  });
  prompt();
}

/** The log, as it goes on, until the client leaves. */
function attach(
  { pod, container, now }: Session,
  webSocket: import('ws').WebSocket,
  send: (channel: number, text: string) => void,
): void {
  const writer = new LogWriter(pod, container, now(), now());
  const timer = setInterval(
    () =>
      send(
        CHANNEL.stdout,
        writer
          .linesUntil(now())
          .map(({ text }) => `${text}\n`)
          .join(''),
      ),
    LOG_PERIOD_MS,
  ).unref();
  webSocket.on('close', () => clearInterval(timer));
}

/** The last message: a metav1.Status, with the exit code as its cause. */
function statusOf(exitCode: number) {
  if (exitCode === 0) return { metadata: {}, status: 'Success' };
  return {
    metadata: {},
    status: 'Failure',
    message: `command terminated with non-zero exit code: exit status ${exitCode}`,
    reason: 'NonZeroExitCode',
    details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
  };
}
