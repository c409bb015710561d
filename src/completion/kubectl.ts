/**
 * What kubectl itself completes, by its `__complete`.
 * Rules: none is downloaded for it; each request of it to a server ends after 200 ms, and all of it after half a second; nobody is asked to log in.
 */
import type { Context } from '../cli/context.ts';
import { messageOf } from '../errors.ts';
import { captureKubectl } from '../kubectl/run.ts';
import { namesOfList } from '../kubernetes/namespaces.ts';
import { type Completion, NOTHING, readCobra } from './candidates.ts';

const REQUEST_TIMEOUT = '--request-timeout=200ms';
const LIMIT_MS = 500;
/** No hints of kubectl among the candidates. */
const ENV = { COBRA_ACTIVE_HELP: '0', KUBECTL_ACTIVE_HELP: '0' };

/** @param args kubectl's, the last of which is being typed */
export async function completeByKubectl(ctx: Context, args: readonly string[]): Promise<Completion> {
  const isFirst = args.length <= 1;
  // Before the flag that ends all flags, and not where the first word is still being typed.
  const flags = isFirst ? [] : [REQUEST_TIMEOUT];
  return readCobra((await ask(ctx, ['__complete', ...flags, ...args])) ?? '');
}

/** The cluster's namespaces, by one request; undefined: it did not say. */
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
    const { code, stdout } = await captureKubectl(ctx, args, ENV, { timeoutMs: LIMIT_MS, skipRoute: true });
    return code === 0 ? stdout : undefined;
  } catch (error) {
    ctx.messages.debug(`kubectl completes nothing: ${messageOf(error)}`);
    return undefined;
  }
}
