/** The sandbox's registry with records that no registry should have: an attacker's, or those of a registry without checks. */
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { type FakeService, fakeService } from './fake-service.ts';

type Fields = Record<string, unknown>;

export interface ForgedRegistry {
  readonly url: string;
  /** Adds a record. */
  add(record: Fields & { readonly id: string }): void;
  /** Overwrites fields of a record, whether it is the sandbox's or an added one. */
  change(id: string, fields: Fields): void;
  /** Sets a config item, and keeps the others. */
  setItem(id: string, key: string, value: string): void;
  close(): Promise<void>;
}

export async function forgedRegistry(sandbox: Pick<Sandbox, 'info'>): Promise<ForgedRegistry> {
  const added: Fields[] = [];
  const changes = new Map<string, Fields>();
  const itemsOf = new Map<string, Record<string, string>>();
  const withChanges = (record: Fields): Fields => {
    const changed = { ...record, ...changes.get(String(record['id'])) };
    const items = itemsOf.get(String(record['id']));
    return items ? { ...changed, config_items: { ...(changed['config_items'] as Fields), ...items } } : changed;
  };
  const service: FakeService = await fakeService(async ({ url, headers }) => {
    const response = await fetch(`${sandbox.info.registry}${url}`, {
      headers: { authorization: String(headers.authorization) },
    });
    const json = (await response.json()) as { items?: Fields[] };
    if (!url.startsWith('/kubernetes-clusters') || json.items === undefined) return { status: response.status, json };
    return { json: { items: [...json.items, ...added].map(withChanges) } };
  });
  return {
    url: service.url,
    close: () => service.close(),
    add: record => void added.push(record),
    change: (id, fields) => void changes.set(id, { ...changes.get(id), ...fields }),
    setItem: (id, key, value) => void itemsOf.set(id, { ...itemsOf.get(id), [key]: value }),
  };
}
