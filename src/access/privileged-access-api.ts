/** The Privileged Access API: a request is for an account, and has a key. The cluster's token is the bearer. */
import { isRecord } from '../lib/json.ts';
import type { AccessApi, AccessRequest, NewRequest } from './api.ts';
import { accessServiceCalls, parseTime, type ServiceOptions } from './service.ts';

const COLLECTION = '/v1/requests/tech/cloud-infrastructure/aws/account';
const APPROVE = '/v1/approve/tech/privileged/cloud-infrastructure/aws/account';
const ROLE = 'default';

export function createPrivilegedAccessApi(options: ServiceOptions): AccessApi {
  const { root, origin, call, badAnswer } = accessServiceCalls(options);
  const list: AccessApi['list'] = async filter => {
    const target = new URL(`${root}${COLLECTION}`);
    if (filter.accountName !== undefined) target.searchParams.set('account_name', filter.accountName);
    if (filter.requestKey !== undefined) target.searchParams.set('request_key', filter.requestKey);
    if (filter.requestor !== undefined) target.searchParams.set('requestor', filter.requestor);
    return parseRequests(await call('GET', target.href), badAnswer);
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
      if (result === undefined) throw badAnswer();
      const links = isRecord(result['_links']) ? result['_links'] : {};
      const key = result['request_key'];
      const created: NewRequest = {
        granted: result['request_status'] === 'PROVISIONED',
        requestKey: parseKey(key),
        statusUrl: linkOf(links['request_status']),
        approvalUrl: linkOf(links['approval_ui']),
        expiresAt: parseTime(result['expires_at']),
      };
      if (!created.granted && created.requestKey === undefined) throw badAnswer();
      return created;
    },
    status: async ({ requestKey, accountName, statusUrl }) => {
      const link = statusUrl !== undefined && URL.canParse(statusUrl, root) ? new URL(statusUrl, root) : undefined;
      // Do not follow a link to another origin: it would receive the bearer token.
      const own = link?.origin === origin ? link : undefined;
      const requests = own
        ? parseRequests(await call('GET', own.href), badAnswer)
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

function linkOf(link: unknown): string | undefined {
  return isRecord(link) && typeof link['href'] === 'string' ? link['href'] : undefined;
}

function parseRequests(body: unknown, badAnswer: () => Error): AccessRequest[] {
  const list = Array.isArray(body)
    ? body
    : isRecord(body) && Array.isArray(body['result'])
      ? body['result']
      : undefined;
  if (list === undefined) throw badAnswer();
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
