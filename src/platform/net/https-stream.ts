/** Streams a response over its own connection. */
import type { IncomingMessage } from 'node:http';
import type { RequestOptions } from 'node:https';

/** The interval of TCP keep-alive probes on an idle connection (milliseconds). They detect a dead peer. */
const KEEP_ALIVE_MS = 30_000;

/**
 * GETs a URL. Resolves when the response headers arrive. Rejects with Node's error or the signal's reason.
 * @param timeoutMs the time limit for the response headers
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
      // After the headers have arrived, errors are reported on the response stream.
      sent.on('error', () => undefined);
      resolve(response);
    });
    sent.end();
  });
}
