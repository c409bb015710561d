/** Authorizes requests to a sandbox cluster by the groups in a verified token. */
import { MACHINE_GROUP, ROLE } from '../users.ts';
import type { Claims } from '../verifier.ts';

export interface Attributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

const READ_VERBS = new Set(['get', 'list', 'watch']);

export interface Rule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
}

const READ_ALL: Rule = { verbs: [...READ_VERBS], apiGroups: ['*'], resources: ['* except secrets'] };
const EVERYTHING: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'] };

/** Writing requires the role PowerUser (on test clusters, and on production during a grant) or Emergency. Reading requires any role. */
export function mayDo(claims: Claims, attributes: Attributes): boolean {
  if (canWrite(claims)) return true;
  if (!isKnown(claims)) return false;
  return READ_VERBS.has(attributes.verb) && attributes.resource !== 'secrets' && attributes.resource !== '*';
}

export function rulesFor(claims: Claims): Rule[] {
  if (canWrite(claims)) return [EVERYTHING];
  return isKnown(claims) ? [READ_ALL] : [];
}

function canWrite(claims: Claims): boolean {
  return claims.groups.includes(ROLE.powerUser) || claims.groups.includes(ROLE.emergency);
}

function isKnown(claims: Claims): boolean {
  return claims.groups.includes(ROLE.readOnly) || claims.groups.includes(MACHINE_GROUP) || canWrite(claims);
}
