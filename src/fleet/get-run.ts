/** Answers `kubectl get` for one cluster in this process. Rule: where kubectl's answer is not certain, kubectl is asked. */
import type { ApiResource } from '../kubernetes/api-resources.ts';
import { collectionPath } from '../kubernetes/api-resources.ts';
import { objectsText, withoutManagedFields } from '../kubernetes/get-output.ts';
import { hasUnsafeNumber } from '../kubernetes/go-text.ts';
import { NotUnderstood } from '../kubernetes/json-path.ts';
import { sortedBy } from '../kubernetes/sort-by.ts';
import { formOf, type ResourceTable, TABLE_TYPE, tableIn, tablesText } from '../kubernetes/table.ts';
import { isRecord, type Json, recordsAt } from '../lib/json.ts';
import { type ApiReader, ServerRefusal } from './api-reader.ts';
import type { GetRequest, GetTarget } from './get-request.ts';
import type { ResourceFinder } from './resource-finder.ts';
import type { FleetResult, Outcome } from './results.ts';

/** The most pages that are read of a list (500 rows each), in case the list never ends. */
const MAX_PAGES = 2000;

/** `table`: one table of all clusters is made of it; `text`: kubectl's output; `objects`: for JSON. */
export type GetForm = 'table' | 'text' | 'objects';

/** What became of a cluster, without its name and time. */
export type Answer = Pick<FleetResult, 'outcome' | 'exitCode' | 'stdout' | 'stderr' | 'objects'> & {
  readonly tables?: readonly ResourceTable[];
};

export interface GetParts {
  readonly reader: ApiReader;
  readonly request: GetRequest;
  readonly form: GetForm;
  readonly resourcesOf: ResourceFinder;
  readonly now: () => Date;
}

/** Undefined: kubectl must be asked. Throws UnreachableError, AuthError. */
export async function answerGet(parts: GetParts): Promise<Answer | undefined> {
  const { reader, request, form } = parts;
  try {
    const resolved = [];
    for (const target of request.targets) {
      const resources = await parts.resourcesOf(target.kind);
      if (resources === undefined)
        return failed('failed', `error: the server doesn't have a resource type "${target.kind.split('.')[0]}"\n`);
      // A category such as `all` does not take a name: kubectl reports the error.
      if (resources.length > 1 && target.names.length > 0) return undefined;
      resolved.push(...resources.map(resource => ({ resource, target })));
    }
    // kubectl sorts all kinds together, and fails with tables.
    if (resolved.length > 1 && request.sortBy !== undefined) return undefined;
    const isAsTable = request.output.kind === 'table' && form !== 'objects';
    const read = new Reading(parts, isAsTable);
    for (const { resource, target } of resolved) await read.target(resource, target);
    return read.answer(resolved.map(({ resource }) => resource));
  } catch (error) {
    if (error instanceof NotUnderstood) return undefined;
    if (error instanceof ServerRefusal) return failed(error.outcome, `${reader.warnings}${error.message}`);
    throw error;
  }
}

function failed(outcome: Outcome, stderr: string): Answer {
  return { outcome, exitCode: 1, stdout: '', stderr };
}

/** Collects what a line asks for: as kubectl does, a failure does not stop the others. */
class Reading {
  readonly #parts: GetParts;
  readonly #isAsTable: boolean;
  readonly #tables: ResourceTable[] = [];
  readonly #objects: Record<string, unknown>[] = [];
  readonly #failures: ServerRefusal[] = [];

  constructor(parts: GetParts, isAsTable: boolean) {
    this.#parts = parts;
    this.#isAsTable = isAsTable;
  }

  async target(resource: ApiResource, { names }: GetTarget): Promise<void> {
    const { request } = this.#parts;
    const isInNamespace = resource.isNamespaced && !(request.isAllNamespaces && names.length === 0);
    const collection = collectionPath(resource, isInNamespace ? request.namespace : undefined);
    try {
      if (names.length === 0) return await this.#list(resource, collection);
    } catch (error) {
      return this.#failed(error);
    }
    for (const name of names) {
      try {
        await this.#read(resource, `${collection}/${encodeURIComponent(name)}`);
      } catch (error) {
        if (!(request.ignoresNotFound && error instanceof ServerRefusal && error.status === 404)) this.#failed(error);
      }
    }
  }

  #failed(error: unknown): void {
    if (!(error instanceof ServerRefusal)) throw error;
    this.#failures.push(error);
  }

  async #list(resource: ApiResource, collection: string): Promise<void> {
    const { labelSelector, fieldSelector } = this.#parts.request;
    const query = new URLSearchParams({ limit: '500' });
    if (labelSelector !== undefined) query.set('labelSelector', labelSelector);
    if (fieldSelector !== undefined) query.set('fieldSelector', fieldSelector);
    const explain = (message: string) => {
      const { group, version, plural } = resource;
      const what = `"${group}/${version}, Resource=${plural}"`;
      const chosen = `label selector ${JSON.stringify(labelSelector ?? '')}, field selector ${JSON.stringify(fieldSelector ?? '')}`;
      return labelSelector || fieldSelector
        ? `Unable to find ${what} that match ${chosen}: ${message}`
        : `Unable to list ${what}: ${message}`;
    };
    let next = '';
    for (let page = 0; page < MAX_PAGES; page++) {
      const more = next === '' ? '' : `&continue=${encodeURIComponent(next)}`;
      next = await this.#read(resource, `${collection}?${query}${more}`, explain);
      if (next === '') return;
    }
    throw new ServerRefusal('failed', `the list has more than ${MAX_PAGES} pages\n`, 200);
  }

  /** Resolves with where the list goes on. Empty: it does not. */
  async #read(resource: ApiResource, path: string, explain = (message: string) => message): Promise<string> {
    const { reader, request, now } = this.#parts;
    const whole = request.sortBy === undefined ? '' : `${path.includes('?') ? '&' : '?'}includeObject=Object`;
    const accept = this.#isAsTable ? TABLE_TYPE : 'application/json';
    const { body, text } = await reader.get(`${path}${this.#isAsTable ? whole : ''}`, accept, explain);
    if (this.#isAsTable) {
      const { columns, rows } = tableIn(body, now());
      const last = this.#tables.at(-1);
      const isSame = last?.resource === resource && JSON.stringify(last.columns) === JSON.stringify(columns);
      if (isSame && last) this.#tables[this.#tables.length - 1] = { ...last, rows: [...last.rows, ...rows] };
      else this.#tables.push({ resource, columns, rows });
    } else {
      if (hasUnsafeNumber(text)) throw new NotUnderstood('a number that JavaScript cannot hold');
      this.#objects.push(...objectsIn(body));
    }
    const metadata = isRecord(body) ? body['metadata'] : undefined;
    const next = isRecord(metadata) ? metadata['continue'] : undefined;
    return typeof next === 'string' ? next : '';
  }

  /** Throws NotUnderstood. */
  answer(resources: readonly ApiResource[]): Answer {
    const { reader, request, form } = this.#parts;
    const { output } = request;
    const failures = this.#failures.map(({ message }) => message).join('');
    const outcomes = new Set(this.#failures.map(({ outcome }) => outcome));
    const [outcome = 'ok'] = outcomes.size > 1 ? (['failed'] as const) : outcomes;
    const base = { outcome, exitCode: outcome === 'ok' ? 0 : 1, stdout: '', stderr: `${reader.warnings}${failures}` };
    if (!this.#isAsTable) {
      const objects = sortedBy(this.#objects, request.sortBy, object => object);
      if (output.kind === 'table') return { ...base, objects: objects.map(withoutManagedFields) as Json[] };
      const isSingle = request.targets.length === 1 && request.targets[0]?.names.length === 1;
      const isNothing = objects.length === 0 && (isSingle || (request.ignoresNotFound && outcome === 'ok'));
      return isNothing ? base : { ...base, stdout: objectsText(output, objects, isSingle) };
    }
    const tables = this.#tables.map(table => ({
      ...table,
      rows: sortedBy(table.rows, request.sortBy, ({ object }) => object),
    }));
    if (form === 'table') return { ...base, tables };
    const text = tablesText(tables, formOf(request.form, tables));
    const isInNamespace = !request.isAllNamespaces && resources.every(({ isNamespaced }) => isNamespaced);
    const nothing = isInNamespace ? `No resources found in ${request.namespace} namespace.\n` : 'No resources found\n';
    const isSilent = text !== '' || outcome !== 'ok' || request.ignoresNotFound;
    return { ...base, stdout: text, stderr: `${base.stderr}${isSilent ? '' : nothing}` };
  }
}

/** The items of a list, which have no kind of their own, or the one object. */
function objectsIn(body: unknown): Record<string, unknown>[] {
  if (!isRecord(body)) return [];
  const { apiVersion, kind, items } = body;
  if (!Array.isArray(items)) return [body];
  const itemKind = String(kind).replace(/List$/, '');
  return recordsAt(body, 'items').map(item => ({ apiVersion, kind: itemKind, ...item }));
}
