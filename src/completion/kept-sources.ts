/** Candidates out of the configuration and of what this machine keeps: groups, runs, access requests. */

import type { AccessRequest } from '../access/api.ts';
import { createOpenRequests } from '../access/open-requests.ts';
import { Context } from '../cli/context.ts';
import { messageOf } from '../errors.ts';
import { type Completion, NOTHING } from './candidates.ts';

export async function groups(ctx: Context): Promise<Completion> {
  const names = [...(await ctx.config()).groups().keys()];
  return {
    candidates: [
      ...names.map(name => ({ word: `@${name}`, description: 'group' })),
      { word: '@failed', description: 'not done in the last run' },
    ],
  };
}

/** The records of runs, the last one first. */
export async function runs(ctx: Context): Promise<Completion> {
  const { RunRecords } = await import('../fleet/run-records.ts');
  const all = new RunRecords(ctx.paths.state).all().slice(-20).reverse();
  return { candidates: all.map(({ id, command }) => ({ word: id, description: command.join(' ') })) };
}

const ASK_MS = 200;

/** What waits for a decision, also requests of others: asks the access service, for at most 200 ms and with an existing token. */
export async function waitingKeys(ctx: Context): Promise<Completion> {
  const asked = askForWaiting(ctx).catch(error => {
    ctx.messages.debug(`the access service was not asked: ${messageOf(error)}`);
    return undefined;
  });
  const waiting = await Promise.race([asked, ctx.io.sleep(ASK_MS).then(() => undefined)]);
  if (waiting === undefined) return requestKeys(ctx);
  return {
    candidates: waiting.map(request => ({
      word: request.requestKey,
      description: `${request.requestor} on ${request.accountName}: ${request.reason}`,
    })),
  };
}

async function askForWaiting(ctx: Context): Promise<AccessRequest[] | undefined> {
  const quiet = new Context(ctx.io, { ...ctx.globals, offline: false }, { mayLogin: false });
  const token = await quiet.credentials.freshFor(await quiet.clusterName(undefined), undefined);
  if (token === undefined) return undefined;
  const [{ api }, { isWaiting }] = await Promise.all([
    quiet.access(() => Promise.resolve(token), ASK_MS),
    import('../access/api.ts'),
  ]);
  return (await api.list({})).filter(isWaiting);
}

export async function requestKeys(ctx: Context): Promise<Completion> {
  const url = (await ctx.config()).text('access.url');
  if (url === undefined) return NOTHING;
  const open = createOpenRequests(ctx.paths.state, url).all(ctx.io.now());
  return {
    candidates: open.map(request => ({
      word: request.requestKey,
      description: `${request.accountName}, ${request.type}: ${request.reason}`,
    })),
  };
}

/** The incidents of open requests, and the prefixes of an incident. */
export async function incidents(ctx: Context): Promise<Completion> {
  const config = await ctx.config();
  const url = config.text('access.url');
  const open = url === undefined ? [] : createOpenRequests(ctx.paths.state, url).all(ctx.io.now());
  return {
    candidates: [
      ...open.flatMap(request =>
        request.referenceUrl ? [{ word: request.referenceUrl, description: request.reason }] : [],
      ),
      ...(config.text('access.incident_url') === undefined
        ? []
        : [{ word: 'INC-', description: 'the key of an incident' }]),
      { word: 'https://', description: 'the URL of an incident' },
    ],
    noSpace: true,
  };
}
