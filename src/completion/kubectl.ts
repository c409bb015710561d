/**
 * Completion by kubectl's own `__complete`.
 * Rules: kubectl is not downloaded for completion. No login is started. What is kubectl's has kubectl's own time: with a cold cache, the first TAB
 * reads the API's types, and the next ones find them. For our own arguments, a request times out after 200 ms, and the whole call after 500 ms.
 */
import type { Context } from '../cli/context.ts';
import { messageOf } from '../errors.ts';
import { captureKubectl } from '../kubectl/run.ts';
import { namesOfList } from '../kubernetes/namespaces.ts';
import { type Completion, NOTHING, readCobra } from './candidates.ts';

const REQUEST_TIMEOUT = '--request-timeout=200ms';
const LIMIT_MS = 500;
/** kubectl's completion limits its own requests to 5 s; this is for a kubectl that hangs. */
const KUBECTL_LIMIT_MS = 10_000;
/** Turns off kubectl's active help, which would appear among the candidates. */
const ENV = { COBRA_ACTIVE_HELP: '0', KUBECTL_ACTIVE_HELP: '0' };

/** @param args kubectl's arguments; the last is being typed */
export async function completeByKubectl(ctx: Context, args: readonly string[]): Promise<Completion> {
  return readCobra((await ask(ctx, ['__complete', ...args], KUBECTL_LIMIT_MS)) ?? '');
}

/** Reads the cluster's namespaces with one request. Undefined: the request failed. */
export async function askNamespaces(ctx: Context, flags: readonly string[]): Promise<string[] | undefined> {
  const text = await ask(ctx, [...flags, REQUEST_TIMEOUT, 'get', '--raw', '/api/v1/namespaces']);
  return text === undefined ? undefined : namesOfList(text);
}

/** Names of objects of a type. */
export async function objectNames(
  ctx: Context,
  flags: readonly string[],
  type: string,
  partial: string,
): Promise<Completion> {
  const words = ['__complete', REQUEST_TIMEOUT, ...flags, 'get', type, partial];
  const completion = readCobra((await ask(ctx, words)) ?? '');
  return completion.files === undefined ? completion : NOTHING;
}

async function ask(ctx: Context, args: readonly string[], timeoutMs = LIMIT_MS): Promise<string | undefined> {
  try {
    const { code, stdout } = await captureKubectl(ctx, args, ENV, { timeoutMs, unprepared: true });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    ctx.messages.debug(`kubectl completes nothing: ${messageOf(error)}`);
    return undefined;
  }
}
