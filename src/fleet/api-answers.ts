/** Commands that this process answers itself, without a kubectl for each cluster: `get`, `version`. */
import type { Context } from '../cli/context.ts';
import { AuthError, messageOf, UnreachableError } from '../errors.ts';
import { type ApiResource, findResource, inCategory } from '../kubernetes/api-resources.ts';
import { builtinResource } from '../kubernetes/builtin-resources.ts';
import { discover } from '../kubernetes/discovery.ts';
import { DiscoveryCache } from '../kubernetes/discovery-cache.ts';
import type { TableForm } from '../kubernetes/table.ts';
import type { Cluster } from '../registry/cluster.ts';
import { ApiReader, ServerRefusal } from './api-reader.ts';
import { type GetRequest, getRequestOf } from './get-request.ts';
import { type Answer, answerGet, type GetForm } from './get-run.ts';
import type { FleetCommand } from './reads.ts';
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
      run: cluster => answered(ctx, cluster, timeoutMs, reader => getFrom(ctx, reader, request, form, cache)),
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
  const failed = (outcome: Outcome, stderr = ''): Answer => ({ outcome, exitCode: 1, stdout: '', stderr });
  const give = (result: Answer): TableResult => ({ ...notRun(cluster, 'ok'), ...result, seconds: elapsed() / 1000 });
  try {
    const result = await answer(await ApiReader.of(ctx, cluster, started + timeoutMs));
    return result && give(result);
  } catch (error) {
    if (ctx.io.signal.aborted) return give(failed('interrupted'));
    if (error instanceof ServerRefusal) return give(failed(error.outcome, error.message));
    if (error instanceof AuthError) return give(failed('notLoggedIn', `${error.message}\n`));
    if (elapsed() >= timeoutMs) return give(failed('timedOut'));
    if (error instanceof UnreachableError) return give(failed('unreachable', `${error.message}\n`));
    return give(failed('failed', `${messageOf(error)}\n`));
  }
}

async function getFrom(
  ctx: Context,
  reader: ApiReader,
  request: GetRequest,
  form: GetForm,
  cache: DiscoveryCache,
): Promise<Answer | undefined> {
  const { io } = ctx;
  let fresh: Promise<readonly ApiResource[]> | undefined;
  const ask = () => {
    fresh ??= discover(async (path, accept) => {
      try {
        return (await reader.get(path, accept)).body;
      } catch (error) {
        if (error instanceof ServerRefusal && error.status === 404) return undefined;
        throw error;
      }
    }).then(resources => {
      cache.add(reader.server, resources, io.now());
      return resources;
    });
    return fresh;
  };
  const meant = (resources: readonly ApiResource[] | undefined, word: string) => {
    const found = resources && findResource(resources, word);
    const all = found ? [found] : inCategory(resources ?? [], word);
    return all.length === 0 ? undefined : all;
  };
  const resourcesOf = async (word: string) =>
    // As kubectl does, a word that is not known is asked for anew.
    meant(cache.read(reader.server, io.now()), word) ?? meant(await ask(), word);
  const answer = await answerGet({
    reader,
    request,
    form,
    now: () => io.now(),
    resourcesOf: async word => {
      const builtin = builtinResource(word);
      return builtin ? [builtin] : resourcesOf(word);
    },
  });
  return answer;
}
