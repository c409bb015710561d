/** The entries in the lists of a kubeconfig. */

export type EntryList = 'clusters' | 'contexts' | 'users';

/** The key of the body in an entry, per list. */
export const BODY: Readonly<Record<EntryList, string>> = { clusters: 'cluster', contexts: 'context', users: 'user' };

/** A named entry, with its body as plain values. */
export interface Entry {
  readonly name: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Values to set in an entry's body. Undefined removes the field; other fields stay. */
export type EntryChange = Readonly<Record<string, unknown>>;
