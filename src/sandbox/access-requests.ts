/** The requests of the sandbox's access service and their grants, whichever API they came by. */
import type { JsonDocument } from './documents.ts';
import { Problem } from './http.ts';

const MAX_REASON_CHARS = 4096;
const PENDING_TTL_MS = 3_600_000;
/** So long before its end, a grant is renewed by a new request. */
const RENEW_BEFORE_MS = 300_000;
/** The account of a request that came by an API without accounts: every production account. */
export const EVERY_ACCOUNT = '*';

export interface StoredRequest {
  request_key: string;
  request_type: 'privileged' | 'emergency';
  account_name: string;
  access_role: string;
  requestor: string;
  approvers: string[];
  business_justification: string;
  reference_url?: string;
  request_status: 'PENDING' | 'APPROVED' | 'PROVISIONED' | 'REJECTED' | 'EXPIRED';
  approver_comment?: string;
  /** Milliseconds since the epoch. */
  createdAt: number;
  /** When an approved request is provisioned. */
  readyAt?: number;
  expiresAt?: number;
}

export interface AccessState {
  nextKey: number;
  requests: StoredRequest[];
}

export function emptyAccessState(): AccessState {
  return { nextKey: 85625, requests: [] };
}

export interface RequestSettings {
  readonly state: JsonDocument<AccessState>;
  readonly now: () => Date;
  readonly grantTtlMs: number;
  /** The time between approval and provisioning. */
  readonly provisioningMs: number;
  /** `production`, `test`, or undefined for an account that does not exist. */
  readonly environmentOf: (accountName: string) => string | undefined;
}

export interface NewRequest {
  readonly type: StoredRequest['request_type'];
  readonly user: string;
  readonly account: string;
  readonly reason: string;
  readonly reference: unknown;
}

export class AccessRequests {
  readonly #settings: RequestSettings;

  constructor(settings: RequestSettings) {
    this.#settings = settings;
  }

  now(): number {
    return this.#settings.now().getTime();
  }

  /** When access that is granted now would end. */
  endOfGrant(): number {
    return this.now() + this.#settings.grantTtlMs;
  }

  /** All requests, each with its status of now. */
  all(): readonly StoredRequest[] {
    const { value } = this.#settings.state;
    for (const request of value.requests) {
      if (request.request_status === 'PENDING' && this.now() - request.createdAt > PENDING_TTL_MS)
        request.request_status = 'EXPIRED';
      if (request.request_status === 'APPROVED' && this.now() >= (request.readyAt ?? 0)) {
        request.request_status = 'PROVISIONED';
        request.expiresAt = (request.readyAt ?? this.now()) + this.#settings.grantTtlMs;
      }
    }
    return value.requests;
  }

  /** A user's active grants. */
  liveGrants(user: string): StoredRequest[] {
    const now = this.now();
    return this.all().filter(
      r => r.requestor === user && r.request_status === 'PROVISIONED' && (r.expiresAt ?? 0) > now,
    );
  }

  /** Makes a request, or finds the grant that is in force. Throws Problem for a request that makes no sense. */
  create({ type, user, account, reason, reference }: NewRequest): StoredRequest {
    if (reason.length > MAX_REASON_CHARS)
      throw new Problem(400, 'Bad Request', `business_justification is longer than ${MAX_REASON_CHARS} characters`);
    const environment = account === EVERY_ACCOUNT ? 'production' : this.#settings.environmentOf(account);
    if (environment === undefined) throw new Problem(404, 'Account not found', `account ${account} does not exist`);
    if (environment !== 'production') throw new Problem(400, 'Not needed', `${account} is not a production account`);
    if (type === 'emergency' && !(typeof reference === 'string' && /^https:\/\/./.test(reference)))
      throw new Problem(400, 'Bad Request', 'an emergency request requires reference_url, an https URL');
    const running = this.liveGrants(user).find(
      r =>
        r.account_name === account &&
        r.request_type === type &&
        (r.expiresAt ?? 0) - this.now() > Math.min(RENEW_BEFORE_MS, this.#settings.grantTtlMs / 3),
    );
    if (running) return running;
    const { state } = this.#settings;
    const created: StoredRequest = {
      request_key: String(state.value.nextKey++),
      request_type: type,
      account_name: account,
      access_role: 'default',
      requestor: user,
      approvers: [],
      business_justification: reason,
      ...(typeof reference === 'string' ? { reference_url: reference } : {}),
      request_status: 'PENDING',
      createdAt: this.now(),
    };
    state.value.requests.push(created);
    state.changed();
    return created;
  }

  /** Throws Problem (403, 409) when the approver may not decide, or the request is decided. */
  decide(request: StoredRequest, approver: string, decision: 'APPROVED' | 'REJECTED', comment?: unknown): void {
    if (request.requestor === approver) throw new Problem(403, 'Forbidden', 'you cannot decide on your own request');
    if (request.request_status !== 'PENDING')
      throw new Problem(409, 'Conflict', `request ${request.request_key} is ${request.request_status}`);
    request.approvers.push(approver);
    if (typeof comment === 'string' && comment !== '') request.approver_comment = comment;
    request.request_status = decision;
    if (decision === 'APPROVED') request.readyAt = this.now() + this.#settings.provisioningMs;
    this.all();
    this.#settings.state.changed();
  }
}
