/** Requests for production access, their status and approval (docs/cluster-access.md), whichever API the access service has. */

export type AccessType = 'privileged' | 'emergency';

export const MAX_REASON_CHARS = 4096;

/** A request as the API returns it. */
export interface AccessRequest {
  readonly requestKey: string;
  readonly accountName: string;
  readonly accessRole: string;
  readonly requestor: string;
  readonly approvers: readonly string[];
  readonly reason: string;
  /** `PROVISIONED` is granted. `APPROVED` is being set up. `REJECTED` and `EXPIRED` are final. Any other status is pending. */
  readonly status: string;
  /** `privileged` or `emergency`, if the API returns it. */
  readonly type: string | undefined;
  /** The incident's URL, if the API returns it. */
  readonly referenceUrl: string | undefined;
  readonly approverComment: string | undefined;
  readonly expiresAt: Date | undefined;
  /** The creation time, if the API returns it. */
  readonly createdAt: Date | undefined;
}

/** The response to a new request: granted at once, or the key of a pending request. */
export interface NewRequest {
  readonly granted: boolean;
  readonly requestKey: string | undefined;
  readonly statusUrl: string | undefined;
  readonly approvalUrl: string | undefined;
  readonly expiresAt: Date | undefined;
}

export interface AskOptions {
  readonly type: AccessType;
  readonly accountName: string;
  readonly reason: string;
  /** The incident, for emergencies. */
  readonly referenceUrl?: string | undefined;
}

export interface Decision {
  readonly request: AccessRequest;
  readonly decision: 'APPROVED' | 'REJECTED';
  readonly comment: string;
}

export interface AccessApi {
  ask(options: AskOptions): Promise<NewRequest>;
  list(filter: { accountName?: string; requestKey?: string; requestor?: string }): Promise<AccessRequest[]>;
  /** Reads a request. Follows `statusUrl` only on the API's own origin. */
  status(request: {
    requestKey: string;
    accountName: string;
    statusUrl?: string | undefined;
    /** Where the service has no key of its own, the reason tells one request of a user from another. */
    reason?: string | undefined;
  }): Promise<AccessRequest | undefined>;
  decide(decision: Decision): Promise<void>;
}

/** What has become of a request. Undefined: it waits, or its access is being set up. */
export function decisionOf({ status }: Pick<AccessRequest, 'status'>): 'granted' | 'rejected' | 'expired' | undefined {
  if (status === 'PROVISIONED') return 'granted';
  if (status === 'REJECTED') return 'rejected';
  return status === 'EXPIRED' ? 'expired' : undefined;
}

/** Approved, but the access does not exist yet. */
export function isBeingSetUp({ status }: Pick<AccessRequest, 'status'>): boolean {
  return status === 'APPROVED';
}

/** Does the request wait for a decision? */
export function isWaiting(request: Pick<AccessRequest, 'status'>): boolean {
  return decisionOf(request) === undefined && !isBeingSetUp(request);
}

/** A grant that has not ended. */
export function isInForce(request: AccessRequest, now: Date): boolean {
  return decisionOf(request) === 'granted' && (request.expiresAt === undefined || request.expiresAt > now);
}
