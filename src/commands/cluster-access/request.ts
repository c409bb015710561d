/** `cluster-access request` and its short form `emergency`: ask for production access, wait for the approval, renew the token. */

import type { AccessType, NewRequest } from '../../access/api.ts';
import { createGrantMemory } from '../../access/grants.ts';
import { incidentName } from '../../access/incident.ts';
import type { OpenRequest, RequestFingerprint } from '../../access/open-requests.ts';
import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { ExitCode, messageOf, UsageError } from '../../errors.ts';
import { isEmptySelection, isOneName } from '../../fleet/selection.ts';
import { formatRfc3339, formatSpan } from '../../lib/time.ts';
import { OUTPUT_FORMATS, type OutputFormat } from '../../output/view.ts';
import { fileNameFor } from '../../platform/files/hash.ts';
import { withLockOr } from '../../platform/files/lock.ts';
import { lockDir } from '../../platform/files/paths.ts';
import { askOnce, FoundRequest, findMade } from './ask.ts';
import { follow, resume } from './follow-request.ts';
import { type Granted, granted, printRequest } from './granted.ts';
import {
  addRequestOptions,
  checkOptions,
  optionsOf,
  type RequestFlags,
  type RequestOptions,
} from './request-options.ts';
import { type AccessTarget, accessTarget } from './shared.ts';

/** In its last minutes, a grant does not keep from asking for the next (milliseconds). */
const RENEW_BEFORE_MS = 300_000;
/** The longest time to send a request and to check whether it was made (milliseconds). */
const ASKING_MS = 90_000;

export const requestCommand: CommandDefinition<RequestOptions> = {
  texts: {
    summary: 'request write access to a production cluster',
    description:
      'Requests write access to a production cluster, prints the command with which a colleague approves it, waits, and renews the token, so that the next kubectl has the rights. To resume an open request, run the same command again.',
    examples: [
      'zkubectl cluster-access request scale the checkout down for the migration',
      'zkubectl cluster-access request --emergency -i INC-1234 checkout is down',
      'zkubectl cluster-access request --emergency -i INC-1234 --cluster foobarlab,abckub checkout is down',
      'zkubectl cluster-access request --notify scale the checkout down',
      'zkubectl cluster-access request --cluster foobarlab --no-wait-for-approval rotate a secret',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.option('--emergency', 'request emergency access; needs -i');
    addRequestOptions(command);
  },
  options: (reason, flags: RequestFlags) => optionsOf(reason, flags, flags.emergency ?? false),
  run: runRequest,
};

export async function runRequest(ctx: Context, options: RequestOptions): Promise<number> {
  const { clusters } = options;
  if (!isEmptySelection(clusters) && !isOneName(clusters))
    return (await import('./request-many.ts')).requestForMany(ctx, options, requestOne);
  return requestOne(ctx, { ...options, cluster: clusters.names[0] });
}

async function requestOne(ctx: Context, options: RequestOptions): Promise<number> {
  const block = options.blockUpdates ? (await import('./block-updates.ts')).blockUpdates : undefined;
  const blocked = await block?.(ctx, options.cluster, incidentName(await checkOptions(ctx, options)));
  try {
    return await makeRequest(ctx, options);
  } finally {
    blocked?.sayAgain();
  }
}

async function makeRequest(ctx: Context, options: RequestOptions): Promise<number> {
  const format = formatOf(ctx);
  const referenceUrl = await checkOptions(ctx, options);
  const target = await accessTarget(ctx, options, cluster => {
    if (cluster.environment === 'test') {
      throw new UsageError(`${cluster.alias} is a test cluster: you can write there without a request`, {
        code: 'not_needed',
        hint: 'to switch to the production cluster: zkubectl use NAME',
      });
    }
  });
  if (!options.forceNewRequest && (await isInForce(ctx, target, format))) return ExitCode.ok;
  const type: AccessType = options.emergency ? 'emergency' : 'privileged';
  const command: RequestFingerprint = { accountName: target.accountName, type, reason: options.reason, referenceUrl };
  const outcome = await oneAtATime(ctx, command, async () => {
    const open = options.forceNewRequest ? undefined : target.open.find(command, ctx.io.now());
    if (open) return { open };
    const since = options.forceNewRequest ? undefined : target.open.sentWithoutReplySince(command, ctx.io.now());
    const made = since && (await findMade(ctx, target, command, since));
    const created = made ?? (await askOnce(ctx, target, command));
    if (created instanceof FoundRequest) return { found: remember(ctx, target, created, command) };
    if (!created.granted) return { made: remember(ctx, target, created, command) };
    target.open.clearSent(command);
    return { grant: { requestKey: created.requestKey, expiresAt: created.expiresAt, referenceUrl } };
  });
  if (!outcome.open) await noteRequest(ctx, target, outcome.grant ?? outcome.found ?? outcome.made, referenceUrl);
  if (outcome.open) return resume(ctx, target, outcome.open, options, format);
  if (outcome.grant) {
    await granted(ctx, target, outcome.grant, format);
    return ExitCode.ok;
  }
  if (outcome.found)
    ctx.messages.say(`found request ${outcome.found.requestKey}, which an earlier try made: its response was lost`);
  else
    ctx.messages.say(
      `requested ${type} access to ${target.name} (account ${target.accountName}): request ${outcome.made.requestKey}`,
    );
  return follow(ctx, target, outcome.found ?? outcome.made, options, format);
}

async function noteRequest(
  ctx: Context,
  { name, cluster }: AccessTarget,
  { requestKey }: { readonly requestKey: string | undefined },
  incident: string | undefined,
): Promise<void> {
  const note = { act: 'requested', cluster: name, environment: cluster?.environment, incident, request: requestKey };
  await (await ctx.journal()).noteAccess(note);
}

/** Says until when a known grant is in force, unless it ends soon. */
async function isInForce(ctx: Context, target: AccessTarget, format: OutputFormat): Promise<boolean> {
  const expiresAt = createGrantMemory(ctx.paths.state).find(target.name, ctx.io.now());
  const left = expiresAt === undefined ? 0 : expiresAt.getTime() - ctx.io.now().getTime();
  if (expiresAt === undefined || left <= RENEW_BEFORE_MS) return false;
  ctx.messages.say(
    `you already have access to ${target.name}, until ${formatRfc3339(expiresAt)} (${formatSpan(left)}); nothing was requested`,
  );
  await printRequest(
    ctx,
    { requestKey: undefined, accountName: target.accountName, status: 'PROVISIONED', expiresAt },
    format,
  );
  return true;
}

type Outcome =
  | { open: OpenRequest; grant?: never; found?: never; made?: never }
  | { grant: Granted; open?: never; found?: never; made?: never }
  | { found: OpenRequest; open?: never; grant?: never; made?: never }
  | { made: OpenRequest; open?: never; grant?: never; found?: never };

/** The same command run twice at the same time makes one request: the second run resumes it. */
function oneAtATime(ctx: Context, command: RequestFingerprint, act: () => Promise<Outcome>): Promise<Outcome> {
  const dir = lockDir(ctx.paths.state, `access-${fileNameFor(JSON.stringify(command))}`);
  const onWait = (pid: number) => ctx.messages.say(`waiting for process ${pid}, which is making the same request`);
  // If the lock cannot be created, the request cannot be recorded either, so it runs without the lock.
  return withLockOr(ctx.io, dir, { timeoutMs: ASKING_MS, onWait }, act, act);
}

function remember(
  ctx: Context,
  target: AccessTarget,
  created: Pick<NewRequest, 'requestKey' | 'statusUrl' | 'approvalUrl'>,
  command: RequestFingerprint,
): OpenRequest {
  const request: OpenRequest = {
    ...command,
    requestKey: created.requestKey ?? '',
    cluster: target.name,
    statusUrl: created.statusUrl,
    approvalUrl: created.approvalUrl,
    createdAt: ctx.io.now(),
  };
  try {
    target.open.save(request);
  } catch (error) {
    ctx.messages.warn(`the request could not be saved for resuming: ${messageOf(error)}`);
  }
  return request;
}
