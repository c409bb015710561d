/** The options of a request for production access, and everything that can be wrong with them before anything is sent. */

import type { Command } from 'commander';
import { MAX_REASON_CHARS } from '../../access/api.ts';
import { incidentUrl } from '../../access/incident.ts';
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { CLUSTER_FLAG } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';

const DEFAULT_TIMEOUT_SECONDS = 600;
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

export interface RequestFlags {
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

/** The arguments and flags of `request` and `emergency`. */
export function addRequestOptions(command: Command): Command {
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

export function optionsOf(reason: readonly string[], flags: RequestFlags, emergency: boolean): RequestOptions {
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

/** Everything that can be wrong before anything is sent. Gives the incident's URL. */
export async function checkOptions(ctx: Context, options: RequestOptions): Promise<string | undefined> {
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
