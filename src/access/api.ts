/** The Privileged Access API (docs/cluster-access.md): requests, their status, approvals. The cluster's token is the bearer. */
import { UnreachableError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { statusError } from '../platform/net/http-errors.ts';
import type { HttpClient, HttpResponse } from '../platform/net/http-types.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';

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

const SERVICE = 'the access service';
const COLLECTION = '/v1/requests/tech/cloud-infrastructure/aws/account';
const APPROVE = '/v1/approve/tech/privileged/cloud-infrastructure/aws/account';
const ROLE = 'default';

export interface AccessApi {
  ask(options: AskOptions): Promise<NewRequest>;
  list(filter: { accountName?: string; requestKey?: string; requestor?: string }): Promise<AccessRequest[]>;
  /** Reads a request. Follows `statusUrl` only on the API's own origin. */
  status(request: {
    requestKey: string;
    accountName: string;
    statusUrl?: string | undefined;
  }): Promise<AccessRequest | undefined>;
  decide(decision: Decision): Promise<void>;
}

export function createAccessApi(
  url: string,
  http: HttpClient,
  token: () => Promise<string>,
  timeoutMs?: number,
): AccessApi {
  const base = parseServiceUrl(SERVICE, url);
  const root = base.href.replace(/\/+$/, '');
  const call = async (method: 'GET' | 'POST', target: string, json?: unknown): Promise<unknown> => {
    const response = await http.send({
      service: SERVICE,
      url: target,
      method,
      headers: { authorization: `Bearer ${await token()}`, accept: 'application/json' },
      ...(json === undefined ? {} : { json }),
      ...(timeoutMs === undefined ? {} : { timeoutMs }),
    });
    if (response.status < 200 || response.status > 299) {
      throw statusError(SERVICE, base.host, response, {
        notFound: 'check access.url and the request key',
        login: 'zkubectl login --force-refresh',
      });
    }
    return parseJson(response, base.host);
  };
  const list: AccessApi['list'] = async filter => {
    const target = new URL(`${root}${COLLECTION}`);
    if (filter.accountName !== undefined) target.searchParams.set('account_name', filter.accountName);
    if (filter.requestKey !== undefined) target.searchParams.set('request_key', filter.requestKey);
    if (filter.requestor !== undefined) target.searchParams.set('requestor', filter.requestor);
    return parseRequests(await call('GET', target.href), base.host);
  };
  return {
    list,
    ask: async options => {
      const body = await call('POST', `${root}/v1/requests/tech/${options.type}/cloud-infrastructure/aws/account`, {
        account_name: options.accountName,
        business_justification: options.reason,
        access_role: ROLE,
        ...(options.type === 'emergency' && options.referenceUrl !== undefined
          ? { reference_url: options.referenceUrl }
          : {}),
      });
      const result = isRecord(body) && isRecord(body['result']) ? body['result'] : undefined;
      if (result === undefined) throw badAnswer(base.host);
      const links = isRecord(result['_links']) ? result['_links'] : {};
      const key = result['request_key'];
      const created: NewRequest = {
        granted: result['request_status'] === 'PROVISIONED',
        requestKey: parseKey(key),
        statusUrl: linkOf(links['request_status']),
        approvalUrl: linkOf(links['approval_ui']),
        expiresAt: parseTime(result['expires_at']),
      };
      if (!created.granted && created.requestKey === undefined) throw badAnswer(base.host);
      return created;
    },
    status: async ({ requestKey, accountName, statusUrl }) => {
      const link = statusUrl !== undefined && URL.canParse(statusUrl, root) ? new URL(statusUrl, root) : undefined;
      // Do not follow a link to another origin: it would receive the bearer token.
      const own = link?.origin === base.origin ? link : undefined;
      const requests = own
        ? parseRequests(await call('GET', own.href), base.host)
        : await list({ accountName, requestKey });
      return requests.find(request => request.requestKey === requestKey);
    },
    decide: async ({ request, decision, comment }) => {
      await call('POST', `${root}${APPROVE}`, {
        requestor: request.requestor,
        account_name: request.accountName,
        business_justification: request.reason,
        access_role: request.accessRole || ROLE,
        request_key: request.requestKey,
        decision,
        approver_comment: comment,
      });
    },
  };
}

function parseJson(response: HttpResponse, host: string): unknown {
  if (response.status === 204 || response.body.length === 0) return undefined;
  try {
    return JSON.parse(response.body.toString('utf8'));
  } catch (error) {
    throw badAnswer(host, error);
  }
}

function badAnswer(host: string, cause?: unknown): UnreachableError {
  return new UnreachableError(`${SERVICE} at ${host} sent an unexpected response`, {
    code: 'bad_answer',
    hint: 'a proxy or sign-in page may have answered; check access.url: zkubectl configure',
    cause,
  });
}

function linkOf(link: unknown): string | undefined {
  return isRecord(link) && typeof link['href'] === 'string' ? link['href'] : undefined;
}

function parseRequests(body: unknown, host: string): AccessRequest[] {
  const list = Array.isArray(body)
    ? body
    : isRecord(body) && Array.isArray(body['result'])
      ? body['result']
      : undefined;
  if (list === undefined) throw badAnswer(host);
  return list.filter(isRecord).flatMap(record => {
    const key = parseKey(record['request_key']);
    if (key === undefined) return [];
    const text = (name: string) => (typeof record[name] === 'string' ? record[name] : '');
    const approvers = Array.isArray(record['approvers']) ? record['approvers'] : [];
    return [
      {
        requestKey: key,
        accountName: text('account_name'),
        accessRole: text('access_role'),
        requestor: text('requestor'),
        approvers: approvers.filter((a): a is string => typeof a === 'string'),
        reason: text('business_justification'),
        status: text('request_status'),
        type: text('request_type') || undefined,
        referenceUrl: text('reference_url') || undefined,
        approverComment: text('approver_comment') || undefined,
        expiresAt: parseTime(record['expires_at']),
        createdAt: parseTime(record['created_at']),
      },
    ];
  });
}

/** Users copy the request key into commands, so only a plain word is accepted. */
function parseKey(value: unknown): string | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  return typeof text === 'string' && /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text) ? text : undefined;
}

function parseTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
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
