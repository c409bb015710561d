/** Commands that this process answers itself, without a kubectl for each cluster: `get`, `version`. */
import type { Context } from '../cli/context.ts';
import { AuthError, ForbiddenError, messageOf, UnreachableError } from '../errors.ts';
import { DiscoveryCache } from '../kubernetes/discovery-cache.ts';
import type { TableForm } from '../kubernetes/table.ts';
import type { Cluster } from '../registry/cluster.ts';
import { ApiReader, ServerRefusal } from './api-reader.ts';
import type { FleetCommand } from './fleet-command.ts';
import { getRequestOf } from './get-request.ts';
import { type Answer, answerGet, type GetForm } from './get-run.ts';
import { resourceFinder } from './resource-finder.ts';
import { type FleetResult, notRun, type Outcome } from './results.ts';
import { answerVersion, type ClientVersion, versionFormOf } from './version-run.ts';

const DEFAULT_TIMEOUT_MS = 30_000;

export interface TableResult extends FleetResult {
  readonly tables?: NonNullable<Answer['tables']>;
}

export interface ApiAnswers {
  /** Never rejects. Undefined: kubectl must be asked. */
  readonly run: (cluster: Cluster) => Promise<TableResult | undefined>;
  /** How the one table of all clusters looks. Undefined: each cluster has a text or objects. */
  readonly table: TableForm | undefined;
  /** Keeps what was learned of the servers. */
  readonly end: () => void;
}

export interface ApiAnswersOptions {
  readonly namespace: string | undefined;
  readonly form: GetForm;
  readonly timeoutMs: number | undefined;
  /** The versions of kubectl itself, asked once. */
  readonly clientVersion: () => Promise<ClientVersion>;
}

/** Undefined: kubectl must answer. */
export function apiAnswers(ctx: Context, command: FleetCommand, options: ApiAnswersOptions): ApiAnswers | undefined {
  const { form, timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const request = getRequestOf(command.line, options.namespace);
  const versionForm = versionFormOf(command.line);
  if (request !== undefined) {
    const cache = new DiscoveryCache(ctx.paths.cache);
    return {
      table: form === 'table' && request.output.kind === 'table' ? request.form : undefined,
      run: cluster =>
        answered(ctx, cluster, timeoutMs, reader => {
          const resourcesOf = resourceFinder(reader, cache, () => ctx.io.now());
          return answerGet({ reader, request, form, resourcesOf, now: () => ctx.io.now() });
        }),
      end: () => cache.save(ctx.io.now()),
    };
  }
  if (versionForm === undefined) return undefined;
  let client: Promise<ClientVersion> | undefined;
  return {
    table: undefined,
    run: cluster =>
      answered(ctx, cluster, timeoutMs, async reader => {
        client ??= options.clientVersion();
        return answerVersion(reader, versionForm, await client);
      }),
    end: () => undefined,
  };
}

async function answered(
  ctx: Context,
  cluster: Cluster,
  timeoutMs: number,
  answer: (reader: ApiReader) => Promise<Answer | undefined>,
): Promise<TableResult | undefined> {
  const started = ctx.io.now().getTime();
  const elapsed = () => ctx.io.now().getTime() - started;
  const give = (result: Answer): TableResult => ({ ...notRun(cluster, 'ok'), ...result, seconds: elapsed() / 1000 });
  let reader: ApiReader | undefined;
  try {
    reader = await ApiReader.of(ctx, cluster, started + timeoutMs);
    const result = await answer(reader);
    return result && give(result);
  } catch (error) {
    const { outcome, why } = failureOf(ctx, error, elapsed() >= timeoutMs);
    return give({ outcome, exitCode: 1, stdout: '', stderr: why });
  } finally {
    // Idle connections to many clusters would use up the files that may be open.
    await reader?.close();
  }
}

/** What became of a cluster whose API gave no answer. */
export function failureOf(
  { io }: Pick<Context, 'io'>,
  error: unknown,
  isLate: boolean,
): { readonly outcome: Outcome; readonly why: string } {
  if (io.signal.aborted) return { outcome: 'interrupted', why: '' };
  if (error instanceof ServerRefusal) return { outcome: error.outcome, why: error.message };
  const why = `${messageOf(error)}\n`;
  if (error instanceof AuthError) return { outcome: 'notLoggedIn', why };
  if (error instanceof ForbiddenError) return { outcome: 'forbidden', why };
  if (isLate) return { outcome: 'timedOut', why: '' };
  return { outcome: error instanceof UnreachableError ? 'unreachable' : 'failed', why };
}
