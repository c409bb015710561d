/** Candidates out of the configuration and of what this machine keeps: groups, runs, access requests. */
import { createOpenRequests } from '../access/open-requests.ts';
import type { Context } from '../cli/context.ts';
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
