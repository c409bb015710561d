/** `cluster-access request` and its short form `emergency`: ask for production access, wait for the approval, renew the token. */

import path from 'node:path';
import type { Command } from 'commander';
import {
  type AccessRequest,
  type AccessType,
  isApproved,
  MAX_REASON_CHARS,
  type NewRequest,
} from '../../access/api.ts';
import { incidentUrl } from '../../access/incident.ts';
import type { OpenRequest, SameCommand } from '../../access/open-requests.ts';
import { waitForDecision } from '../../access/wait.ts';
import { formatOf, parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../../cli/definition.ts';
import { CliError, ForbiddenError, messageOf, UnreachableError, UsageError, WaitingError } from '../../errors.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { formatRfc3339, formatSpan, formatUntil } from '../../lib/time.ts';
import { OUTPUT_FORMATS, type OutputFormat, printObject } from '../../output/view.ts';
import { nameFor } from '../../platform/files/hash.ts';
import { withLockOr } from '../../platform/files/lock.ts';
import { askOnce, FoundRequest, findMade } from './ask.ts';
import { type AccessTarget, accessTarget } from './shared.ts';

const DEFAULT_TIMEOUT_SECONDS = 600;
/** Asking, and looking whether it was made, takes no longer (milliseconds). */
const ASKING_MS = 90_000;

export interface RequestOptions {
  readonly reason: string;
  readonly emergency: boolean;
  readonly incident: string | undefined;
  readonly waitForApproval: boolean;
  readonly timeoutSeconds: number;
  readonly forceNewRequest: boolean;
  /** Tell it with a bell and a notification once it is decided. */
  readonly notify: boolean;
  readonly accountName: string | undefined;
  readonly clientId: string | undefined;
  readonly cluster: string | undefined;
}

interface RequestFlags {
  emergency?: boolean;
  incident?: string;
  waitForApproval?: boolean;
  timeout?: string;
  forceNewRequest?: boolean;
  notify?: boolean;
  accountName?: string;
  oktaAuthClientId?: string;
  cluster?: string;
}

export const requestCommand: CommandDefinition<RequestOptions> = {
  texts: {
    summary: 'ask for write access to a production cluster',
    description:
      'Asks for write access to a production cluster, says what a colleague runs to approve it, waits, and renews the token: the very next kubectl has the rights. Run again, it resumes the request that is open.',
    examples: [
      'zkubectl cluster-access request scale the checkout down for the migration',
      'zkubectl cluster-access request --emergency -i INC-1234 checkout is down',
      'zkubectl cluster-access request --notify scale the checkout down',
      'zkubectl cluster-access request --cluster foobarlab --no-wait-for-approval rotate a secret',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.option('--emergency', 'an emergency: needs -i');
    addRequestOptions(command);
  },
  options: (reason, flags: RequestFlags) => optionsOf(reason, flags, flags.emergency ?? false),
  run: runRequest,
};

export const emergencyCommand: CommandDefinition<RequestOptions> = {
  texts: {
    summary: 'production access in an incident',
    description:
      'Short for: cluster-access request --emergency. Asks for write access in an incident, says what a colleague runs to approve it, waits, and renews the token.',
    examples: [
      'zkubectl emergency -i INC-1234 checkout is down',
      'zkubectl emergency -i https://jira.example.org/browse/INC-1234 --cluster foobarlab checkout is down',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: addRequestOptions,
  options: (reason, flags: RequestFlags) => optionsOf(reason, flags, true),
  run: runRequest,
};

function addRequestOptions(command: Command): Command {
  return command
    .argument('[REASON...]', 'why, in words')
    .option('-i, --incident <INCIDENT>', 'the incident: INC-1234, its number, or an https URL')
    .option('--wait-for-approval', 'wait until it is approved (the default)')
    .option('--no-wait-for-approval', 'do not wait: exit 8 while it is open')
    .option('-t, --timeout <SPAN>', `how long to wait, in seconds or as 10m (${DEFAULT_TIMEOUT_SECONDS})`)
    .option('--notify', 'a bell, and a notification on the desktop, once it is decided')
    .option('--force-new-request', 'make another request although one is open')
    .option('--account-name <ACCOUNT>', 'the account, where the registry cannot tell it')
    .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, where the registry cannot tell it")
    .option(...CLUSTER_FLAG);
}

function optionsOf(reason: readonly string[], flags: RequestFlags, emergency: boolean): RequestOptions {
  return {
    reason: reason.join(' ').trim(),
    emergency,
    incident: flags.incident,
    waitForApproval: flags.waitForApproval ?? true,
    timeoutSeconds: parseSpan('--timeout', flags.timeout ?? String(DEFAULT_TIMEOUT_SECONDS)),
    forceNewRequest: flags.forceNewRequest ?? false,
    notify: flags.notify ?? false,
    accountName: flags.accountName,
    clientId: flags.oktaAuthClientId,
    cluster: flags.cluster,
  };
}

export async function runRequest(ctx: Context, options: RequestOptions): Promise<void> {
  const format = formatOf(ctx);
  const referenceUrl = await checkOptions(ctx, options);
  const target = await accessTarget(ctx, options, cluster => {
    if (cluster.environment === 'test') {
      throw new UsageError(`${cluster.alias} is a test cluster: you may write there without asking`, {
        code: 'not_needed',
        hint: 'zkubectl use NAME, for the production one',
      });
    }
  });
  const type: AccessType = options.emergency ? 'emergency' : 'privileged';
  const command: SameCommand = { accountName: target.accountName, type, reason: options.reason, referenceUrl };
  const outcome = await oneAtATime(ctx, command, async () => {
    const open = options.forceNewRequest ? undefined : target.open.find(command, ctx.io.now());
    if (open) return { open };
    const since = options.forceNewRequest ? undefined : target.open.unsureSince(command, ctx.io.now());
    const made = since && (await findMade(ctx, target, command, since));
    const created = made ?? (await askOnce(ctx, target, command));
    if (created instanceof FoundRequest) return { found: remember(ctx, target, created, command) };
    if (!created.granted) return { made: remember(ctx, target, created, command) };
    target.open.settle(command);
    return { grant: { requestKey: created.requestKey, expiresAt: created.expiresAt } };
  });
  if (outcome.open) return resume(ctx, target, outcome.open, options, format);
  if (outcome.grant) return granted(ctx, target, outcome.grant, format);
  if (outcome.found)
    ctx.messages.say(
      `found request ${outcome.found.requestKey}, which an earlier try has made: its answer had not come`,
    );
  else
    ctx.messages.say(
      `asked for ${type} access to ${target.name} (account ${target.accountName}): request ${outcome.made.requestKey}`,
    );
  await follow(ctx, target, outcome.found ?? outcome.made, options, format);
}

type Outcome =
  | { open: OpenRequest; grant?: never; found?: never; made?: never }
  | { grant: Granted; open?: never; found?: never; made?: never }
  | { found: OpenRequest; open?: never; grant?: never; made?: never }
  | { made: OpenRequest; open?: never; grant?: never; found?: never };

/** The same command typed twice makes one request: the second resumes it. */
function oneAtATime(ctx: Context, command: SameCommand, act: () => Promise<Outcome>): Promise<Outcome> {
  const dir = path.join(ctx.paths.state, 'locks', `access-${nameFor(JSON.stringify(command))}`);
  const onWait = (pid: number) => ctx.messages.say(`waiting for process ${pid}, which is asking for the same`);
  // Where no lock can be made, nothing can be noted either.
  return withLockOr(ctx.io, dir, { timeoutMs: ASKING_MS, onWait }, act, act);
}

/** Everything that can be wrong before anything is sent. Gives the incident's URL. */
async function checkOptions(ctx: Context, options: RequestOptions): Promise<string | undefined> {
  if (options.reason === '')
    throw new UsageError('say why: a reason is needed', {
      code: 'no_reason',
      hint: options.emergency
        ? 'zkubectl emergency -i INC-1234 checkout is down'
        : 'zkubectl cluster-access request scale the queue down',
    });
  if (options.reason.length > MAX_REASON_CHARS) {
    throw new UsageError(`the reason is too long: ${options.reason.length} characters, ${MAX_REASON_CHARS} at most`, {
      code: 'long_reason',
    });
  }
  if (!options.emergency) {
    if (options.incident !== undefined)
      throw new UsageError('-i is for emergencies', { code: 'bad_usage', hint: 'add --emergency, or leave -i out' });
    return undefined;
  }
  if (options.incident === undefined)
    throw new UsageError('an emergency needs its incident', {
      code: 'no_incident',
      hint: 'add -i INC-1234, or the https URL of the incident',
    });
  return incidentUrl(options.incident, (await ctx.config()).text('access.incident_url'));
}

function remember(
  ctx: Context,
  target: AccessTarget,
  created: Pick<NewRequest, 'requestKey' | 'statusUrl' | 'approvalUrl'>,
  command: SameCommand,
): OpenRequest {
  const request: OpenRequest = {
    ...command,
    requestKey: created.requestKey ?? '',
    statusUrl: created.statusUrl,
    approvalUrl: created.approvalUrl,
    createdAt: ctx.io.now(),
  };
  try {
    target.open.save(request);
  } catch (error) {
    ctx.messages.warn(`the request could not be noted for later: ${messageOf(error)}`);
  }
  return request;
}

async function resume(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
  options: RequestOptions,
  format: OutputFormat,
): Promise<void> {
  const age = formatSpan(ctx.io.now().getTime() - open.createdAt.getTime());
  ctx.messages.say(`resuming request ${open.requestKey} for ${target.name}, made ${age} ago: ${open.reason}`);
  const now = await statusNow(ctx, target, open);
  if (now === 'unknown') return follow(ctx, target, open, options, format);
  if (now === undefined) {
    target.open.forget(open);
    throw new CliError(`the access service does not know request ${open.requestKey} any more`, {
      code: 'request_gone',
      hint: 'run the same command again: it makes a new one',
    });
  }
  if (isApproved(now) || now.status === 'REJECTED' || now.status === 'EXPIRED')
    return decided(ctx, target, open, now, format);
  await follow(ctx, target, open, options, format);
}

/** One answer that does not come is no reason to give up: waiting asks again. */
async function statusNow(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
): Promise<AccessRequest | undefined | 'unknown'> {
  try {
    return await target.api.status(open);
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    ctx.messages.warn(error.message);
    return 'unknown';
  }
}

/** Says how to approve, waits if that is wanted, and ends as the decision says. */
async function follow(
  ctx: Context,
  target: AccessTarget,
  request: OpenRequest,
  options: RequestOptions,
  format: OutputFormat,
): Promise<void> {
  ctx.messages.say(
    `a colleague approves it with: zkubectl cluster-access approve ${request.requestKey} --cluster ${target.name}${options.accountName === undefined ? '' : ` --account-name ${shellWord(target.accountName)}`}`,
  );
  if (request.approvalUrl) ctx.messages.say(`or here: ${request.approvalUrl}`);
  const isText = format !== 'json' && format !== 'yaml';
  if (isText || !options.waitForApproval) {
    await printRequest(
      ctx,
      { requestKey: request.requestKey, accountName: target.accountName, status: 'PENDING', expiresAt: undefined },
      format,
    );
  }
  if (!options.waitForApproval) {
    throw stillWaiting(request, 'it is not approved yet');
  }
  const decision = await waitForDecision(ctx.io, target.api, {
    ...request,
    timeoutMs: options.timeoutSeconds * 1000,
    onTick: left => ctx.messages.waiting(`for the approval of ${request.requestKey}`, left),
    onTrouble: error => ctx.messages.debug(error.message),
  }).catch(error => {
    if (ctx.io.signal.aborted)
      ctx.messages.hint(`request ${request.requestKey} stays open; the same command again resumes it`);
    throw error;
  });
  ctx.messages.endProgress();
  if (options.notify) await tell(ctx, target, request, decision);
  if (decision === undefined)
    throw stillWaiting(request, `it was not approved within ${formatSpan(options.timeoutSeconds * 1000)}`);
  await decided(ctx, target, request, decision, format);
}

async function tell(
  ctx: Context,
  target: AccessTarget,
  { requestKey }: OpenRequest,
  decision: AccessRequest | undefined,
): Promise<void> {
  const outcome =
    decision === undefined
      ? 'was not approved in time'
      : isApproved(decision)
        ? 'is approved'
        : `is ${decision.status.toLowerCase()}`;
  const { notify } = await import('../../platform/process/notify.ts');
  await notify(ctx.io, escapeForTerminal(`${target.name}: request ${requestKey} ${outcome}`));
}

function stillWaiting(request: OpenRequest, why: string): WaitingError {
  return new WaitingError(`request ${request.requestKey}: ${why}`, {
    code: 'waiting',
    hint: 'run the same command again: it resumes this request',
  });
}

async function decided(
  ctx: Context,
  target: AccessTarget,
  open: OpenRequest,
  request: AccessRequest,
  format: OutputFormat,
): Promise<void> {
  target.open.forget(open);
  if (isApproved(request)) return granted(ctx, target, request, format);
  if (request.status === 'EXPIRED') {
    throw new CliError(`request ${request.requestKey} has expired`, {
      code: 'request_expired',
      hint: 'run the same command again: it makes a new one',
    });
  }
  const by = request.approvers.length > 0 ? ` by ${request.approvers.join(', ')}` : '';
  const comment = request.approverComment ? `: ${request.approverComment}` : '';
  throw new ForbiddenError(`request ${request.requestKey} was rejected${by}${comment}`, { code: 'request_rejected' });
}

interface Granted {
  readonly requestKey: string | undefined;
  readonly expiresAt: Date | undefined;
}

async function granted(ctx: Context, target: AccessTarget, grant: Granted, format: OutputFormat): Promise<void> {
  const until = grant.expiresAt ? `, ends ${formatUntil(grant.expiresAt, ctx.io.now())}` : '';
  ctx.messages.say(`granted: you may write on ${target.name}${until}`);
  await noteGrant(ctx, target.name, grant.expiresAt);
  await renew(ctx, target);
  await printRequest(
    ctx,
    {
      requestKey: grant.requestKey,
      accountName: target.accountName,
      status: 'PROVISIONED',
      expiresAt: grant.expiresAt,
    },
    format,
  );
}

/** For `current`; the access is there without it. */
async function noteGrant(ctx: Context, cluster: string, expiresAt: Date | undefined): Promise<void> {
  if (expiresAt === undefined) return;
  try {
    const { createGrantMemory } = await import('../../access/grants.ts');
    createGrantMemory(ctx.paths.state).save(cluster, expiresAt);
  } catch (error) {
    ctx.messages.debug(`the grant was not noted: ${messageOf(error)}`);
  }
}

/** The access is there whatever becomes of the token; kubectl gets it with its next token. */
async function renew(ctx: Context, target: AccessTarget): Promise<void> {
  try {
    await target.renewToken();
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(`the token could not be renewed: ${messageOf(error)}`);
    ctx.messages.hint(`zkubectl login --force-refresh ${target.name}`);
  }
}

interface PrintedRequest extends Granted {
  readonly accountName: string;
  readonly status: string;
}

async function printRequest(ctx: Context, request: PrintedRequest, format: OutputFormat): Promise<void> {
  if (format !== 'json' && format !== 'yaml') {
    // A script gets the key as soon as there is one, and once.
    if (request.requestKey !== undefined && request.status !== 'PROVISIONED')
      ctx.io.stdout.write(`${request.requestKey}\n`);
    return;
  }
  await printObject(
    ctx.io,
    'AccessRequest',
    {
      request_key: request.requestKey ?? null,
      account_name: request.accountName,
      request_status: request.status,
      expires_at: request.expiresAt ? formatRfc3339(request.expiresAt) : null,
    },
    format,
  );
}
