/** Whole lists from an API server, for commands that read one cluster: page by page, with a refusal as an error of the program. */
import { AuthError, CliError, ForbiddenError, NotFoundError, UnreachableError } from '../errors.ts';
import type { KubeObject } from '../kubernetes/budget.ts';
import { isRecord, recordAt, recordsAt } from '../lib/json.ts';
import { type ApiReader, ServerRefusal } from './api-reader.ts';

const PAGE = 500;
const JSON_TYPE = 'application/json';
/** Metadata alone: the objects of a large cluster are megabytes. */
export const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io,application/json';

/** @param path such as `/api/v1/pods?fieldSelector=…`. Throws what `asError` gives */
export async function listAll(reader: ApiReader, path: string, accept = JSON_TYPE): Promise<KubeObject[]> {
  const items: KubeObject[] = [];
  let next = '';
  do {
    const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
    const { body } = await answer(reader, `${path}${path.includes('?') ? '&' : '?'}limit=${PAGE}${more}`, accept);
    items.push(...recordsAt(body, 'items'));
    next = String(recordAt(body, 'metadata')['continue'] ?? '');
  } while (next !== '');
  return items;
}

/** Undefined: there is no such object. */
export async function getOne(reader: ApiReader, path: string): Promise<KubeObject | undefined> {
  try {
    const { body } = await answer(reader, path, JSON_TYPE);
    return isRecord(body) ? body : undefined;
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

async function answer(reader: ApiReader, path: string, accept: string) {
  try {
    return await reader.get(path, accept);
  } catch (error) {
    throw asError(error);
  }
}

function asError(error: unknown): unknown {
  if (!(error instanceof ServerRefusal)) return error;
  const message = error.message.trim().replace(/^error: /, '');
  const options = { code: error.outcome, cause: error };
  if (error.status === 404) return new NotFoundError(message, options);
  if (error.outcome === 'forbidden') return new ForbiddenError(message, options);
  if (error.outcome === 'notLoggedIn') return new AuthError(message, options);
  if (error.outcome === 'unreachable') return new UnreachableError(message, options);
  return new CliError(message, options);
}
