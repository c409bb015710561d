/**
 * The older emergency-access-service: a request is for the service's own clusters, and its user is its key.
 * `POST /access-requests {access_type, reference_url, user, reason}`, `GET /access-requests` → `{items: [{access_type, user, reason, approved,
 * expiry_time}]}`, `POST /access-requests/{user}` approves. It cannot reject.
 */
import { UsageError } from '../errors.ts';
import { isRecord } from '../lib/json.ts';
import { type AccessApi, type AccessRequest, type AccessType, decisionOf, isWaiting } from './api.ts';
import { accessServiceCalls, parseTime, type ServiceOptions } from './service.ts';

const COLLECTION = '/access-requests';
/** Access that is no emergency has another name there. */
const TYPES: Readonly<Record<AccessType, string>> = { privileged: 'manual', emergency: 'emergency' };

export interface EmergencyServiceOptions extends ServiceOptions {
  /** The name by which the service knows the user. */
  readonly user: () => Promise<string>;
  readonly now: () => Date;
}

export function createEmergencyAccessService(options: EmergencyServiceOptions): AccessApi {
  const { root, call, badAnswer } = accessServiceCalls(options);
  const list: AccessApi['list'] = async filter => {
    const body = await call('GET', `${root}${COLLECTION}`);
    const items = isRecord(body) ? body['items'] : undefined;
    if (!Array.isArray(items)) throw badAnswer();
    const now = options.now();
    return items
      .flatMap(item => parseItem(item, filter.accountName ?? '', now) ?? [])
      .filter(
        ({ requestKey, requestor }) =>
          (filter.requestKey ?? requestKey) === requestKey && (filter.requestor ?? requestor) === requestor,
      );
  };
  return {
    list,
    ask: async ({ type, reason, referenceUrl }) => {
      const user = await options.user();
      await call('POST', `${root}${COLLECTION}`, {
        access_type: TYPES[type],
        ...(referenceUrl === undefined ? {} : { reference_url: referenceUrl }),
        user,
        reason,
      });
      return { granted: false, requestKey: user, statusUrl: undefined, approvalUrl: undefined, expiresAt: undefined };
    },
    // The user may have access from an earlier request: that one has another reason. A request that waits comes first.
    status: async ({ requestKey, accountName, reason }) => {
      const requests = await list({ requestKey, accountName });
      const own = requests.filter(request => reason === undefined || request.reason === reason);
      return own.find(isWaiting) ?? own.find(request => decisionOf(request) === 'granted') ?? own.at(-1);
    },
    decide: async ({ request, decision, comment }) => {
      if (decision === 'REJECTED' || comment !== '')
        throw new UsageError(
          `this access service cannot ${decision === 'REJECTED' ? 'reject a request' : 'take a comment'}`,
          {
            code: 'not_supported',
            hint: 'a request that nobody approves grants nothing',
          },
        );
      await call('POST', `${root}${COLLECTION}/${encodeURIComponent(request.requestKey)}`, {});
    },
  };
}

function parseItem(item: unknown, accountName: string, now: Date): AccessRequest | undefined {
  if (!isRecord(item)) return undefined;
  const { user, access_type: type, reason, approved, expiry_time: expiry, reference_url: reference } = item;
  // Users copy it into commands, so only a plain name is accepted.
  if (typeof user !== 'string' || !/^[A-Za-z0-9][A-Za-z0-9._@+-]{0,254}$/.test(user)) return undefined;
  const expiresAt = parseTime(expiry);
  // Access whose end cannot be read is not taken for granted.
  const isApproved = approved === true && (expiry === undefined || expiry === null || expiresAt !== undefined);
  const hasEnded = expiresAt !== undefined && expiresAt <= now;
  const known = Object.entries(TYPES).find(([, name]) => name === type)?.[0];
  return {
    requestKey: user,
    accountName,
    accessRole: '',
    requestor: user,
    approvers: [],
    reason: typeof reason === 'string' ? reason : '',
    status: hasEnded ? 'EXPIRED' : isApproved ? 'PROVISIONED' : 'PENDING',
    type: known ?? (typeof type === 'string' ? type : undefined),
    referenceUrl: typeof reference === 'string' && reference !== '' ? reference : undefined,
    approverComment: undefined,
    expiresAt,
    createdAt: undefined,
  };
}
