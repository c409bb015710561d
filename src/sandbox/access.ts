/** The access service of the sandbox: the Privileged Access API, and the older emergency-access-service (`/access-requests`). */
import { page } from '../lib/html-page.ts';
import { type AccessRequests, EVERY_ACCOUNT, type StoredRequest } from './access-requests.ts';
import { type ApiAnswer, type ApiRequest, methodNotAllowed, notFound, Problem } from './http.ts';
import type { Verifier } from './verifier.ts';

const REQUESTS = ['v1', 'requests', 'tech', 'cloud-infrastructure', 'aws', 'account'].join('/');
const APPROVE = ['v1', 'approve', 'tech', 'privileged', 'cloud-infrastructure', 'aws', 'account'].join('/');

export interface AccessSettings {
  readonly requests: AccessRequests;
  readonly verifier: Verifier;
  readonly url: () => string;
}

export class AccessService {
  readonly #requests: AccessRequests;
  readonly #verifier: Verifier;
  readonly #url: () => string;

  constructor({ requests, verifier, url }: AccessSettings) {
    this.#requests = requests;
    this.#verifier = verifier;
    this.#url = url;
  }

  async handle(request: ApiRequest): Promise<ApiAnswer> {
    const pathname = request.segments.join('/');
    const approval = /^approval\/(\w+)$/.exec(pathname);
    if (approval) return this.#approvalPage(approval[1] ?? '');
    const user = await this.#verifier.person(request.bearer);
    if (request.segments[0] === 'access-requests') return this.#older(request, user);
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
    const account = requiredText(body, 'account_name');
    const reason = requiredText(body, 'business_justification');
    const request = this.#requests.create({ type, user, account, reason, reference: body['reference_url'] });
    if (request.request_status === 'PROVISIONED') return { json: { result: this.#view(request) } };
    const query = new URLSearchParams({ account_name: account, request_key: request.request_key });
    return {
      status: 201,
      json: {
        result: {
          request_key: request.request_key,
          _links: {
            request_status: { href: `${this.#url()}/${REQUESTS}?${query}` },
            approval_ui: { href: `${this.#url()}/approval/${request.request_key}` },
          },
        },
      },
    };
  }

  #list(query: URLSearchParams): StoredRequest[] {
    const wanted = (name: 'account_name' | 'request_key' | 'requestor', request: StoredRequest) =>
      !query.has(name) || query.get(name) === request[name];
    return this.#requests
      .all()
      .filter(r => r.account_name !== EVERY_ACCOUNT)
      .filter(r => wanted('account_name', r) && wanted('request_key', r) && wanted('requestor', r));
  }

  #decide(approver: string, body: Record<string, unknown>): ApiAnswer {
    const key = requiredText(body, 'request_key');
    const decision = requiredText(body, 'decision');
    if (decision !== 'APPROVED' && decision !== 'REJECTED')
      throw new Problem(400, 'Bad Request', 'decision must be APPROVED or REJECTED');
    const request = this.#requests.all().find(r => r.request_key === key && r.account_name === body['account_name']);
    if (request === undefined) throw new Problem(404, 'Request not found', `request ${key} does not exist`);
    this.#requests.decide(request, approver, decision, body['approver_comment']);
    return { json: { result: this.#view(request) } };
  }

  #approvalPage(key: string): ApiAnswer {
    const request = this.#requests.all().find(r => r.request_key === key);
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
    const expiresAt = end ?? (isOpen ? this.#requests.endOfGrant() : undefined);
    return {
      ...rest,
      created_at: new Date(createdAt).toISOString(),
      ...(expiresAt === undefined ? {} : { expires_at: new Date(expiresAt).toISOString() }),
    };
  }

  /** The older API: its requests have no account and no key; each user has one, the newest. */
  async #older(request: ApiRequest, user: string): Promise<ApiAnswer> {
    const { segments, method } = request;
    const requests = this.#requests.all().filter(r => r.account_name === EVERY_ACCOUNT);
    const newest = requests.filter(
      (r, i) => requests.findLastIndex(({ requestor }) => requestor === r.requestor) === i,
    );
    if (segments.length === 1 && method === 'GET') return { json: { items: newest.map(olderView) } };
    if (method !== 'POST') throw methodNotAllowed(method);
    if (segments.length === 1) {
      const body = await request.json();
      const type = requiredText(body, 'access_type');
      if (type !== 'emergency' && type !== 'manual')
        throw new Problem(400, 'Bad Request', 'access_type must be emergency or manual');
      if (requiredText(body, 'user') !== user)
        throw new Problem(403, 'Forbidden', 'you cannot request access for somebody else');
      const created = this.#requests.create({
        type: type === 'emergency' ? 'emergency' : 'privileged',
        user,
        account: EVERY_ACCOUNT,
        reason: requiredText(body, 'reason'),
        reference: body['reference_url'],
      });
      return { status: 201, json: olderView(created) };
    }
    const found = newest.find(({ requestor }) => requestor === segments[1]);
    if (segments.length > 2 || found === undefined) throw notFound(`/${segments.join('/')}`);
    this.#requests.decide(found, user, 'APPROVED');
    return { json: olderView(found) };
  }
}

function olderView(request: StoredRequest): Record<string, unknown> {
  const { request_type: type, requestor, business_justification: reason, reference_url, expiresAt } = request;
  return {
    access_type: type === 'emergency' ? 'emergency' : 'manual',
    user: requestor,
    reason,
    ...(reference_url === undefined ? {} : { reference_url }),
    approved: request.request_status === 'PROVISIONED',
    ...(expiresAt === undefined ? {} : { expiry_time: new Date(expiresAt).toISOString() }),
  };
}

function requiredText(body: Record<string, unknown>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value.trim() !== '') return value;
  throw new Problem(400, 'Bad Request', `${name} is missing`);
}
