/** The users and roles of the sandbox. */

export interface User {
  readonly id: string;
  readonly name: string;
  readonly email: string;
  readonly teams: readonly string[];
}

export const USERS: readonly User[] = [
  { id: 'alice', name: 'Alice Adler', email: 'alice@example.org', teams: ['team-shop'] },
  { id: 'bob', name: 'Bob Brandt', email: 'bob@example.org', teams: ['team-shop', 'team-platform'] },
];

export function findUser(id: string): User | undefined {
  return USERS.find(user => user.id === id);
}

/** Roles as groups of the cluster's ID token. */
export const ROLE = { readOnly: 'ReadOnly', powerUser: 'PowerUser', emergency: 'Emergency' } as const;

/** The group that a machine's token carries. */
export const MACHINE_GROUP = 'Machines';
