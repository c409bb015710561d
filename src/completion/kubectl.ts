/**
 * Completion by kubectl's own `__complete`.
 * Rules: kubectl is not downloaded for completion. Each of its requests times out after 200 ms, and the whole call after 500 ms. No login is started.
 */
import type { Context } from '../cli/context.ts';
import { messageOf } from '../errors.ts';
import { captureKubectl } from '../kubectl/run.ts';
import { namesOfList } from '../kubernetes/namespaces.ts';
import { type Completion, NOTHING, readCobra } from './candidates.ts';

const REQUEST_TIMEOUT = '--request-timeout=200ms';
const LIMIT_MS = 500;
/** Turns off kubectl's active help, which would appear among the candidates. */
const ENV = { COBRA_ACTIVE_HELP: '0', KUBECTL_ACTIVE_HELP: '0' };

/** @param args kubectl's arguments; the last is being typed */
export async function completeByKubectl(ctx: Context, args: readonly string[]): Promise<Completion> {
  const isFirst = args.length <= 1;
  // The flag goes first, before any `--`. It is left out while the first word is being typed.
  const flags = isFirst ? [] : [REQUEST_TIMEOUT];
  return readCobra((await ask(ctx, ['__complete', ...flags, ...args])) ?? '');
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
  const completion = await completeByKubectl(ctx, [...flags, 'get', type, partial]);
  return completion.files === undefined ? completion : NOTHING;
}

async function ask(ctx: Context, args: readonly string[]): Promise<string | undefined> {
  try {
    const { code, stdout } = await captureKubectl(ctx, args, ENV, { timeoutMs: LIMIT_MS, unprepared: true });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    ctx.messages.debug(`kubectl completes nothing: ${messageOf(error)}`);
    return undefined;
  }
}
