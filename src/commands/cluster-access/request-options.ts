/** The options of a request for production access, and their checks before anything is sent. */

import type { Command } from 'commander';
import { MAX_REASON_CHARS } from '../../access/api.ts';
import { incidentUrl } from '../../access/incident.ts';
import { parseSpan } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, type CommandFlags } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import type { SelectionWords } from '../../fleet/selection.ts';
import { clusterFlagWords, declareClusterFlags } from '../../fleet/selection-flags.ts';

const DEFAULT_TIMEOUT_SECONDS = 600;
export interface RequestOptions {
  readonly reason: string;
  readonly emergency: boolean;
  readonly incident: string | undefined;
  readonly waitForApproval: boolean;
  readonly timeoutSeconds: number;
  readonly forceNewRequest: boolean;
  /** Ring the bell and show a notification when the request is decided. */
  readonly notify: boolean;
  readonly accountName: string | undefined;
  readonly clientId: string | undefined;
  readonly cluster: string | undefined;
  /** Empty: the current context's cluster. */
  readonly clusters: SelectionWords;
  /** Also block the updates of the clusters, with the incident as the reason. */
  readonly blockUpdates: boolean;
  /** One of many requests: how to approve it is said once for all. */
  readonly isOneOfMany?: boolean;
}

export interface RequestFlags extends CommandFlags {
  emergency?: boolean;
  incident?: string;
  waitForApproval?: boolean;
  timeout?: string;
  forceNewRequest?: boolean;
  notify?: boolean;
  accountName?: string;
  oktaAuthClientId?: string;
  blockUpdates?: boolean;
}

/** The arguments and flags of `request` and `emergency`. */
export function addRequestOptions(command: Command): void {
  command
    .argument('[REASON...]', 'the reason')
    .option('-i, --incident <INCIDENT>', 'the incident: INC-1234, its number, or an https URL')
    .option('--wait-for-approval', 'wait until it is approved (the default)')
    .option('--no-wait-for-approval', 'do not wait: end as soon as the request is made')
    .option('-t, --timeout <SPAN>', `how long to wait, in seconds or such as 10m (default ${DEFAULT_TIMEOUT_SECONDS})`)
    .option('--notify', 'ring the bell and show a desktop notification when the request is decided')
    .option('--force-new-request', 'make a new request even if a request is open')
    .option('--account-name <ACCOUNT>', 'the account, if the registry does not know it')
    .option('--okta-auth-client-id <ID>', "the cluster's OAuth client, if the registry does not know it")
    .option('--block-updates', 'with an incident: also block the updates of the cluster');
  declareClusterFlags(command);
  addUpstreamFlags(command, '--no-force-new-request');
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
    cluster: undefined,
    clusters: clusterFlagWords(flags),
    blockUpdates: flags.blockUpdates ?? false,
  };
}

/** Checks the options before anything is sent. Resolves to the incident's URL. */
export async function checkOptions(ctx: Context, options: RequestOptions): Promise<string | undefined> {
  if (options.reason === '')
    throw new UsageError('no reason given', {
      code: 'no_reason',
      hint: options.emergency
        ? 'zkubectl emergency -i INC-1234 checkout is down'
        : 'zkubectl cluster-access request scale the queue down',
    });
  if (options.reason.length > MAX_REASON_CHARS) {
    throw new UsageError(
      `the reason is too long: ${options.reason.length} characters, at most ${MAX_REASON_CHARS} allowed`,
      {
        code: 'long_reason',
      },
    );
  }
  if (options.blockUpdates && !options.emergency)
    throw new UsageError('--block-updates works only with --emergency', { code: 'bad_usage' });
  if (!options.emergency) {
    if (options.incident !== undefined)
      throw new UsageError('-i works only with --emergency', {
        code: 'bad_usage',
        hint: 'add --emergency, or remove -i',
      });
    return undefined;
  }
  if (options.incident === undefined)
    throw new UsageError('no incident given: an emergency needs an incident', {
      code: 'no_incident',
      hint: 'add -i INC-1234, or the https URL of the incident',
    });
  return incidentUrl(options.incident, (await ctx.config()).text('access.incident_url'));
}
