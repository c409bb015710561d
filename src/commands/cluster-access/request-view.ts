/** How requests for production access are shown: as a list, and one in full. */
import { type AccessRequest, decisionOf } from '../../access/api.ts';
import { incidentName } from '../../access/incident.ts';
import type { JsonObject } from '../../lib/json.ts';
import { formatRfc3339, formatSpan, formatUntil } from '../../lib/time.ts';
import type { Section } from '../../output/sections.ts';
import type { View } from '../../output/view.ts';
import type { Cluster } from '../../registry/cluster.ts';

/** A request, and the production clusters of its account; empty where they are not known. */
export interface ShownRequest {
  readonly request: AccessRequest;
  readonly clusters: readonly Pick<Cluster, 'id' | 'alias' | 'environment'>[];
}

export function requestView(now: Date): View<ShownRequest> {
  const of = (value: (request: AccessRequest) => string) => (row: ShownRequest) => value(row.request);
  return {
    kind: 'AccessRequest',
    name: row => row.request.requestKey,
    columns: [
      { title: 'Key', value: of(r => r.requestKey) },
      { title: 'Kind', value: of(r => r.type ?? ''), dropFirst: 5 },
      { title: 'Incident', value: of(r => incidentName(r.referenceUrl)), dropFirst: 6 },
      { title: 'Account', value: of(r => r.accountName), dropFirst: 2 },
      { title: 'Cluster', value: aliases },
      { title: 'Role', value: of(r => r.accessRole), dropFirst: 1 },
      { title: 'Requestor', value: of(r => r.requestor) },
      { title: 'Approvers', value: of(r => r.approvers.join(', ')), dropFirst: 3 },
      { title: 'Reason', value: of(r => r.reason), dropFirst: 7 },
      { title: 'Status', value: of(r => r.status) },
      {
        title: 'Made',
        dropFirst: 4,
        value: of(r => (r.createdAt ? `${formatSpan(now.getTime() - r.createdAt.getTime())} ago` : '')),
      },
      { title: 'Ends', value: of(r => (r.expiresAt ? formatUntil(r.expiresAt, now) : '')) },
    ],
    toJson: requestJson,
    empty: 'no requests',
  };
}

/** The API's own names; `clusters` is ours. */
export function requestJson({ request, clusters }: ShownRequest): JsonObject {
  return {
    request_key: request.requestKey,
    request_type: request.type ?? null,
    reference_url: request.referenceUrl ?? null,
    account_name: request.accountName,
    clusters: clusters.map(cluster => cluster.alias),
    access_role: request.accessRole,
    requestor: request.requestor,
    approvers: [...request.approvers],
    business_justification: request.reason,
    request_status: request.status,
    approver_comment: request.approverComment ?? null,
    created_at: request.createdAt ? formatRfc3339(request.createdAt) : null,
    expires_at: request.expiresAt ? formatRfc3339(request.expiresAt) : null,
  };
}

/** What a colleague has to know before the decision. */
export function requestSection({ request, clusters }: ShownRequest, now: Date): Section {
  const { createdAt, expiresAt } = request;
  const where = clusters.map(cluster => `${cluster.alias} (${cluster.environment || 'environment unknown'})`);
  return {
    fields: [
      ['Request', request.requestKey],
      ['Kind', request.type ?? ''],
      ['Incident', request.referenceUrl ?? ''],
      ['Requestor', request.requestor],
      ['Cluster', where.join(', ')],
      ['Account', request.accountName],
      ['Role', request.accessRole],
      ['Reason', request.reason],
      ['Status', request.status],
      ['Made', createdAt ? `${formatSpan(now.getTime() - createdAt.getTime())} ago` : ''],
      [
        decisionOf(request) === 'granted' ? 'Ends' : 'Duration',
        expiresAt && expiresAt > now ? formatSpan(expiresAt.getTime() - now.getTime()) : '',
      ],
    ],
  };
}

/** The cluster of a request; its account where the cluster is not known; not every service names an account. */
export function whereOf(row: ShownRequest): string {
  return aliases(row) || row.request.accountName || 'the clusters of this access service';
}

function aliases({ clusters }: ShownRequest): string {
  return clusters.map(cluster => cluster.alias).join(', ');
}
