/** `cluster-access approve`: shows colleagues' requests, asks, and approves or rejects them. */

import { type AccessApi, decisionOf, isBeingSetUp, isWaiting } from '../../access/api.ts';
import { incidentUrl } from '../../access/incident.ts';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { requestors } from '../../cli/identity.ts';
import { CliError, ExitCode, NotFoundError, UsageError } from '../../errors.ts';
import { formatSpan } from '../../lib/time.ts';
import { printSections } from '../../output/sections.ts';
import { isInteractive } from '../../platform/io.ts';
import { noSuchRequest } from './list.ts';
import { requestSection, type ShownRequest, whereOf } from './request-view.ts';
import { accessService, clustersByAccount } from './shared.ts';

export interface ApproveOptions {
  readonly requestKeys: readonly string[];
  readonly incident: string | undefined;
  readonly reject: boolean;
  readonly comment: string;
  readonly accountName: string | undefined;
  readonly clientId: string | undefined;
  readonly cluster: string | undefined;
}

interface Flags {
  incident?: string;
  reject?: boolean;
  comment?: string;
  accountName?: string;
  oktaAuthClientId?: string;
  cluster?: string;
}

export const approveCommand: CommandDefinition<ApproveOptions> = {
  texts: {
    summary: "approve or reject colleagues' requests",
    description:
      "Shows colleagues' requests for production access, asks, and approves or rejects them. On a terminal, without a key: shows what waits and lets you choose.",
    examples: [
      'zkubectl cluster-access approve 85625',
      'zkubectl cluster-access approve 85625 --cluster foobarlab --yes',
      'zkubectl cluster-access approve --incident INC-1234',
      'zkubectl cluster-access approve 85625 --reject --comment "use the test cluster"',
    ],
  },
  declare: command => {
    command
      .argument('[KEY...]', 'request keys')
      .option('-i, --incident <INCIDENT>', 'every waiting request for this incident')
      .option('--reject', 'reject the request')
      .option('--comment <TEXT>', 'a comment for the requestor', '')
      .option('--account-name <ACCOUNT>', 'only requests for this account')
      .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not know it")
      .option(...CLUSTER_FLAG);
    addUpstreamFlags(command, '--no-yes');
  },
  options: (requestKeys, flags: Flags) => ({
    requestKeys: [...new Set(requestKeys)],
    incident: flags.incident,
    reject: flags.reject ?? false,
    comment: flags.comment ?? '',
    accountName: flags.accountName,
    clientId: flags.oktaAuthClientId,
    cluster: flags.cluster,
  }),
  run: runApprove,
};

export async function runApprove(ctx: Context, options: ApproveOptions): Promise<number> {
  if (options.incident !== undefined && options.requestKeys.length > 0)
    throw new UsageError('request keys and --incident exclude each other', { code: 'bad_usage' });
  if (options.incident === undefined && options.requestKeys.length === 0 && !isInteractive(ctx.io))
    throw new UsageError('no request named', { code: 'no_request', hint: 'zkubectl cluster-access approve KEY' });
  const { api, clusterName } = await accessService(ctx, options);
  const found = await findRequests(ctx, api, options);
  const rows = found.filter(row => isWaiting(row.request));
  const settled = found.filter(row => !isWaiting(row.request)).map(row => saySettled(ctx, row, options));
  if (rows.length > 0) {
    await show(ctx, rows);
    const own = await requestors(ctx, clusterName);
    const mine = rows.filter(row => own.includes(row.request.requestor));
    if (mine.length > 0 && !options.reject)
      ctx.messages.warn(
        `${mine.map(row => row.request.requestKey).join(', ')} is your own request: a colleague has to approve it`,
      );
    const verb = options.reject ? 'reject' : 'approve';
    const what = rows.map(row => `${row.request.requestor} on ${whereOf(row)}`).join(', ');
    const question =
      rows.length === 1 ? `${verb} the request of ${what}?` : `${verb} these ${rows.length} requests: ${what}?`;
    if (!(await confirmOrFail(ctx, question)))
      throw new CliError('not confirmed; nothing was decided', { code: 'not_confirmed' });
  }
  const keys = new Map(rows.map(row => [`${row.request.accountName} ${row.request.requestKey}`, row]));
  const toDecide = [...keys.values()];
  const decided = toDecide.length === 1 ? [await decide(ctx, api, toDecide[0] as ShownRequest, options)] : [];
  if (toDecide.length > 1) for (const row of toDecide) decided.push(await decideOrSay(ctx, api, row, options));
  return [...settled, ...decided].find(code => code !== ExitCode.ok) ?? ExitCode.ok;
}

/** Throws NotFoundError (3) when a named request, or any for the incident, does not exist. */
async function findRequests(ctx: Context, api: AccessApi, options: ApproveOptions): Promise<ShownRequest[]> {
  const account = options.accountName === undefined ? {} : { accountName: options.accountName };
  const clusters = await clustersByAccount(ctx);
  const shown = (requests: Awaited<ReturnType<AccessApi['list']>>): ShownRequest[] =>
    requests.map(request => ({ request, clusters: clusters.get(request.accountName) ?? [] }));
  if (options.requestKeys.length > 0) {
    const found = await Promise.all(
      options.requestKeys.map(async requestKey => {
        const requests = (await api.list({ ...account, requestKey })).filter(r => r.requestKey === requestKey);
        if (requests.length === 0) throw noSuchRequest(requestKey);
        // A key of an older service may stand for several requests: a decision is about all that wait.
        const waiting = requests.filter(isWaiting);
        return waiting.length > 0 ? waiting : requests.slice(-1);
      }),
    );
    const rows = shown(found.flat());
    for (const row of rows) checkCluster(row, options.cluster);
    return rows;
  }
  const waiting = shown((await api.list(account)).filter(isWaiting));
  if (options.incident !== undefined) {
    const url = incidentUrl(options.incident, (await ctx.config()).text('access.incident_url'));
    const found = waiting.filter(row => row.request.referenceUrl === url);
    if (found.length > 0) return found;
    const isHidden = waiting.some(row => row.request.referenceUrl === undefined);
    throw new NotFoundError(`no request for ${url} waits for approval`, {
      code: 'no_such_request',
      hint: isHidden
        ? 'the access service does not show the incident of every request; to list them: zkubectl cluster-access list --open'
        : undefined,
    });
  }
  if (waiting.length === 0) throw new NotFoundError('no request waits for approval', { code: 'no_such_request' });
  if (waiting.length === 1) return waiting;
  const now = ctx.io.now();
  const choices = waiting.map(row => ({ value: row, name: choiceText(row, now) }));
  return ctx.io.prompt.pickSeveral(`${options.reject ? 'reject' : 'approve'} which requests?`, choices);
}

/** Throws UsageError (2) when the request is for another cluster than the one that is named. */
function checkCluster(row: ShownRequest, cluster: string | undefined): void {
  const { request, clusters } = row;
  if (cluster === undefined || clusters.length === 0) return;
  if (clusters.some(({ alias, id }) => alias === cluster || id === cluster)) return;
  throw new UsageError(`request ${request.requestKey} is for ${whereOf(row)}, not for ${cluster}`, {
    code: 'other_cluster',
  });
}

function choiceText(row: ShownRequest, now: Date): string {
  const { requestKey, requestor, type, reason, createdAt } = row.request;
  const age = createdAt ? `, ${formatSpan(now.getTime() - createdAt.getTime())} ago` : '';
  return `${requestKey} ${requestor} on ${whereOf(row)} (${type ?? 'access'}${age}): ${reason}`;
}

/** Says what was decided earlier. Resolves to 0 when it is what is wanted now. */
function saySettled(ctx: Context, { request }: ShownRequest, { reject }: ApproveOptions): number {
  const decision = decisionOf(request);
  const by = request.approvers.length > 0 ? `, by ${request.approvers.join(', ')}` : '';
  const isApproved = decision === 'granted' || isBeingSetUp(request);
  ctx.messages.say(
    decision === 'expired'
      ? `request ${request.requestKey} has expired: there is nothing to decide`
      : `request ${request.requestKey} is already ${isApproved ? 'approved' : 'rejected'}${by}`,
  );
  return decision !== 'expired' && isApproved !== reject ? ExitCode.ok : ExitCode.failed;
}

/** The details go to stderr, like the question: stdout is only for data. */
async function show(ctx: Context, rows: readonly ShownRequest[]): Promise<void> {
  const { io } = ctx;
  const terminal = { ...io, stdout: io.stderr, isTTY: { ...io.isTTY, stdout: io.isTTY.stderr }, columns: io.columns };
  const now = io.now();
  await printSections(
    terminal,
    rows.map(row => requestSection(row, now)),
    ctx.globals.color,
  );
}

async function decide(ctx: Context, api: AccessApi, row: ShownRequest, options: ApproveOptions): Promise<number> {
  const { request } = row;
  await api.decide({ request, decision: options.reject ? 'REJECTED' : 'APPROVED', comment: options.comment });
  const act = options.reject ? 'rejected' : 'approved';
  ctx.messages.say(`request ${request.requestKey} of ${request.requestor} is ${act}`);
  const [cluster] = row.clusters;
  await (await ctx.journal()).noteAccess({
    act,
    cluster: cluster?.alias ?? (request.accountName || undefined),
    environment: cluster?.environment,
    incident: request.referenceUrl,
    request: request.requestKey,
  });
  return ExitCode.ok;
}

/** One of several: an error is shown, and the others go on. */
async function decideOrSay(ctx: Context, api: AccessApi, row: ShownRequest, options: ApproveOptions): Promise<number> {
  try {
    return await decide(ctx, api, row, options);
  } catch (error) {
    if (!(error instanceof CliError) || ctx.io.signal.aborted) throw error;
    ctx.messages.error(error);
    return error.exitCode;
  }
}
