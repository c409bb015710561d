/** Granted access: reports it, saves it for `current`, and renews the token for the next kubectl. */

import type { Context } from '../../cli/context.ts';
import { CliError, messageOf } from '../../errors.ts';
import { formatRfc3339, formatSpan } from '../../lib/time.ts';
import { type OutputFormat, printObject } from '../../output/view.ts';
import type { AccessTarget } from './shared.ts';

export interface Granted {
  readonly requestKey: string | undefined;
  readonly expiresAt: Date | undefined;
  /** The incident's URL. */
  readonly referenceUrl: string | undefined;
}

/** Says that access is granted, and renews the token so that the next kubectl has it. */
export async function granted(ctx: Context, target: AccessTarget, grant: Granted, format: OutputFormat): Promise<void> {
  const span = grant.expiresAt ? ` for ${formatSpan(grant.expiresAt.getTime() - ctx.io.now().getTime())}` : '';
  ctx.messages.say(`granted: you can write on ${target.name}${span}`);
  await noteGrant(ctx, target, grant);
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

/** Saves the grant for `current` and the journal. A failure is harmless: the access does not depend on it. */
async function noteGrant(
  ctx: Context,
  { name, cluster }: AccessTarget,
  { expiresAt, requestKey: request, referenceUrl: incident }: Granted,
): Promise<void> {
  const about = { request, incident };
  await (await ctx.journal()).noteAccess({
    act: 'granted',
    cluster: name,
    environment: cluster?.environment,
    ...about,
  });
  if (expiresAt === undefined) return;
  try {
    const { createGrantMemory } = await import('../../access/grants.ts');
    createGrantMemory(ctx.paths.state).save(name, expiresAt, ctx.io.now(), about);
  } catch (error) {
    ctx.messages.debug(`the grant was not saved: ${messageOf(error)}`);
  }
}

/** Renews the token. A failure is only a warning: the access is granted, and kubectl gets it with the next token. */
async function renew(ctx: Context, target: AccessTarget): Promise<void> {
  try {
    await target.renewToken();
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(`the token could not be renewed: ${messageOf(error)}`);
    ctx.messages.hint(`zkubectl login --force-refresh ${target.name}`);
  }
}

interface PrintedRequest extends Omit<Granted, 'referenceUrl'> {
  readonly accountName: string;
  readonly status: string;
}

/** In JSON and YAML: the request. Else, for scripts: the key once, as soon as it is known. */
export async function printRequest(ctx: Context, request: PrintedRequest, format: OutputFormat): Promise<void> {
  if (format !== 'json' && format !== 'yaml') {
    // On a terminal, the messages have named the key already.
    if (request.requestKey !== undefined && request.status !== 'PROVISIONED' && !ctx.io.isTTY.stdout)
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
