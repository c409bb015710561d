/** The access API of the sandbox and its grants. */
import { page } from '../lib/html-page.ts';
import type { JsonDocument } from './documents.ts';
import { type ApiAnswer, type ApiRequest, methodNotAllowed, notFound, Problem } from './http.ts';
import type { Verifier } from './verifier.ts';

const MAX_REASON_CHARS = 4096;
const PENDING_TTL_MS = 3_600_000;
/** So long before its end, a grant is renewed by a new request. */
const RENEW_BEFORE_MS = 300_000;
const REQUESTS = ['v1', 'requests', 'tech', 'cloud-infrastructure', 'aws', 'account'].join('/');
const APPROVE = ['v1', 'approve', 'tech', 'privileged', 'cloud-infrastructure', 'aws', 'account'].join('/');

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

export interface AccessSettings {
  readonly state: JsonDocument<AccessState>;
  readonly verifier: Verifier;
  readonly now: () => Date;
  readonly grantTtlMs: number;
  /** The time between approval and provisioning. */
  readonly provisioningMs: number;
  readonly url: () => string;
  /** `production`, `test`, or undefined for an account that does not exist. */
  readonly environmentOf: (accountName: string) => string | undefined;
}

export class AccessService {
  readonly #settings: AccessSettings;

  constructor(settings: AccessSettings) {
    this.#settings = settings;
  }

  /** A user's active grants. */
  liveGrants(user: string): StoredRequest[] {
    const now = this.#now();
    return this.#requests().filter(
      r => r.requestor === user && r.request_status === 'PROVISIONED' && (r.expiresAt ?? 0) > now,
    );
  }

  #now(): number {
    return this.#settings.now().getTime();
  }

  #requests(): StoredRequest[] {
    const { value } = this.#settings.state;
    for (const request of value.requests) {
      if (request.request_status === 'PENDING' && this.#now() - request.createdAt > PENDING_TTL_MS)
        request.request_status = 'EXPIRED';
      if (request.request_status === 'APPROVED' && this.#now() >= (request.readyAt ?? 0)) {
        request.request_status = 'PROVISIONED';
        request.expiresAt = (request.readyAt ?? this.#now()) + this.#settings.grantTtlMs;
      }
    }
    return value.requests;
  }

  async handle(request: ApiRequest): Promise<ApiAnswer> {
    const pathname = request.segments.join('/');
    const approval = /^approval\/(\w+)$/.exec(pathname);
    if (approval) return this.#approvalPage(approval[1] ?? '');
    const user = await this.#settings.verifier.person(request.bearer);
    const creation = /^v1\/requests\/tech\/(privileged|emergency)\/cloud-infrastructure\/aws\/account$/.exec(pathname);
    if (creation) {
      if (request.method !== 'POST') throw methodNotAllowed(request.method);
      return this.#create(creation[1] === 'emergency' ? 'emergency' : 'privileged', user, await request.json());
    }
    if (pathname === REQUESTS) {
      if (request.method !== 'GET') throw methodNotAllowed(request.method);
      return { json: this.#list(request.query).map(r => this.#view(r)) };
    }
    if (pathname === APPROVE) {
      if (request.method !== 'POST') throw methodNotAllowed(request.method);
      return this.#decide(user, await request.json());
    }
    throw notFound(`/${pathname}`);
  }

  #create(type: 'privileged' | 'emergency', user: string, body: Record<string, unknown>): ApiAnswer {
    const accountName = requiredText(body, 'account_name');
    const reason = requiredText(body, 'business_justification');
    if (reason.length > MAX_REASON_CHARS)
      throw new Problem(400, 'Bad Request', `business_justification is longer than ${MAX_REASON_CHARS} characters`);
    const environment = this.#settings.environmentOf(accountName);
    if (environment === undefined) throw new Problem(404, 'Account not found', `account ${accountName} does not exist`);
    if (environment !== 'production')
      throw new Problem(400, 'Not needed', `${accountName} is not a production account`);
    const reference = body['reference_url'];
    if (type === 'emergency' && !(typeof reference === 'string' && /^https:\/\/./.test(reference))) {
      throw new Problem(400, 'Bad Request', 'an emergency request requires reference_url, an https URL');
    }
    const running = this.liveGrants(user).find(
      r =>
        r.account_name === accountName &&
        r.request_type === type &&
        (r.expiresAt ?? 0) - this.#now() > Math.min(RENEW_BEFORE_MS, this.#settings.grantTtlMs / 3),
    );
    if (running) return { json: { result: this.#view(running) } };
    const { state, url } = this.#settings;
    const created: StoredRequest = {
      request_key: String(state.value.nextKey++),
      request_type: type,
      account_name: accountName,
      access_role: 'default',
      requestor: user,
      approvers: [],
      business_justification: reason,
      ...(typeof reference === 'string' ? { reference_url: reference } : {}),
      request_status: 'PENDING',
      createdAt: this.#now(),
    };
    state.value.requests.push(created);
    state.changed();
    const query = new URLSearchParams({ account_name: accountName, request_key: created.request_key });
    return {
      status: 201,
      json: {
        result: {
          request_key: created.request_key,
          _links: {
            request_status: { href: `${url()}/${REQUESTS}?${query}` },
            approval_ui: { href: `${url()}/approval/${created.request_key}` },
          },
        },
      },
    };
  }

  #list(query: URLSearchParams): StoredRequest[] {
    const wanted = (name: 'account_name' | 'request_key' | 'requestor', request: StoredRequest) =>
      !query.has(name) || query.get(name) === request[name];
    return this.#requests().filter(
      r => wanted('account_name', r) && wanted('request_key', r) && wanted('requestor', r),
    );
  }

  #decide(approver: string, body: Record<string, unknown>): ApiAnswer {
    const key = requiredText(body, 'request_key');
    const decision = requiredText(body, 'decision');
    if (decision !== 'APPROVED' && decision !== 'REJECTED')
      throw new Problem(400, 'Bad Request', 'decision must be APPROVED or REJECTED');
    const request = this.#requests().find(r => r.request_key === key && r.account_name === body['account_name']);
    if (request === undefined) throw new Problem(404, 'Request not found', `request ${key} does not exist`);
    if (request.requestor === approver) throw new Problem(403, 'Forbidden', 'you cannot decide on your own request');
    if (request.request_status !== 'PENDING')
      throw new Problem(409, 'Conflict', `request ${key} is ${request.request_status}`);
    request.approvers.push(approver);
    const comment = body['approver_comment'];
    if (typeof comment === 'string' && comment !== '') request.approver_comment = comment;
    request.request_status = decision;
    if (decision === 'APPROVED') request.readyAt = this.#now() + this.#settings.provisioningMs;
    this.#requests();
    this.#settings.state.changed();
    return { json: { result: this.#view(request) } };
  }

  #approvalPage(key: string): ApiAnswer {
    const request = this.#requests().find(r => r.request_key === key);
    if (request === undefined) throw notFound(`request ${key}`);
    const text =
      request.request_status === 'PENDING'
        ? `${request.requestor} requests ${request.request_type} access to ${request.account_name}: ${request.business_justification}. To approve it, run: zkubectl cluster-access approve ${key}`
        : `The request of ${request.requestor} is ${request.request_status}.`;
    return { html: page(`Request ${key}`, text) };
  }

  /** A request that is not granted yet shows when its access would end. */
  #view(request: StoredRequest): Record<string, unknown> {
    const { createdAt, expiresAt: end, readyAt: _readyAt, ...rest } = request;
    const isOpen = request.request_status === 'PENDING' || request.request_status === 'APPROVED';
    const expiresAt = end ?? (isOpen ? this.#now() + this.#settings.grantTtlMs : undefined);
    return {
      ...rest,
      created_at: new Date(createdAt).toISOString(),
      ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    };
  }
}

function requiredText(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new Problem(400, 'Bad Request', `${name} is missing`);
}
