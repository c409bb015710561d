/** The D-Bus session bus of Linux, on which the keyring is. */
import net from 'node:net';
import type { Io } from './io.ts';

/**
 * Waits until the bus answers the first line of its protocol (D-Bus specification, "Authentication Protocol"). The keyring's library would wait without
 * a limit, and no signal could end it. A bus that cannot be connected to is the library's to report.
 * Rejects after the time limit (milliseconds), and with the signal's reason.
 */
export function busAnswers(io: Pick<Io, 'env' | 'platform' | 'signal'>, timeoutMs: number): Promise<void> {
  const file = io.platform === 'linux' ? socketOf(io.env) : undefined;
  if (file === undefined) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const socket = net.connect(file);
    const end = (done: () => void) => {
      clearTimeout(timer);
      io.signal.removeEventListener('abort', onAbort);
      socket.destroy();
      done();
    };
    const onAbort = () => end(() => reject(io.signal.reason));
    const timer = setTimeout(
      () => end(() => reject(new Error(`the session bus did not answer within ${timeoutMs / 1000} s`))),
      timeoutMs,
    );
    io.signal.addEventListener('abort', onAbort, { once: true });
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString('hex');
    socket.on('connect', () => socket.write(`\0AUTH EXTERNAL ${user}\r\n`));
    socket.on('data', () => end(resolve));
    socket.on('error', () => end(resolve));
    socket.on('close', () => end(resolve));
  });
}

/** Undefined: it is not a socket of this machine, or there is none. */
function socketOf({ DBUS_SESSION_BUS_ADDRESS: address, XDG_RUNTIME_DIR: runtime }: Io['env']): string | undefined {
  if (!address) return runtime && `${runtime}/bus`;
  const [, kind, name = ''] = /^unix:(?:.*,)?(path|abstract)=([^,;]+)/.exec(address) ?? [];
  if (kind === undefined) return undefined;
  const decoded = name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  return kind === 'path' ? decoded : `\0${decoded}`;
}
