/** A response that is read as it comes, over a connection of its own. */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

/** A connection that nothing comes over is asked after as often (milliseconds): a dead one is found out. */
const KEEP_ALIVE_MS = 30_000;

/**
 * GETs a URL. Resolves with the head of the response; rejects with Node's error, or the signal's reason.
 * @param timeoutMs how long the head may take
 */
export async function openStream(
  url: URL,
  options: RequestOptions,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const { request } = url.protocol === 'http:' ? await import('node:http') : await import('node:https');
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const sent = request(url, { ...options, method: 'GET' });
    const timer = setTimeout(
      () => sent.destroy(new Error(`no answer within ${Math.round(timeoutMs / 1000)} s`)),
      timeoutMs,
    );
    const onAbort = () => sent.destroy(signal.reason as Error);
    signal.addEventListener('abort', onAbort, { once: true });
    sent.on('socket', socket => socket.setKeepAlive(true, KEEP_ALIVE_MS));
    sent.on('close', () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', onAbort);
    });
    sent.once('error', reject);
    sent.once('response', response => {
      clearTimeout(timer);
      // Once it has been answered, what goes wrong is told by the response.
      sent.on('error', () => undefined);
      resolve(response);
    });
    sent.end();
  });
}
