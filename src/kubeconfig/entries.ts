/** What a kubeconfig's lists hold. */

export type EntryList = 'clusters' | 'contexts' | 'users';

/** The key under which an entry of a list has its body. */
export const BODY: Readonly<Record<EntryList, string>> = { clusters: 'cluster', contexts: 'context', users: 'user' };

/** A named entry, with its body as plain values. */
export interface Entry {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Values to set in an entry's body; undefined removes the field. Other fields stay. */
export type EntryChange = Readonly<Record<string, unknown>>;
