/** The warnings of all commands that list clusters: skipped records, and the age of the data. */
import { formatSpan } from '../lib/time.ts';
import type { Clusters } from '../registry/registry.ts';
import type { Context } from './context.ts';

/** Reports on stderr which records were skipped and how old the list is. */
export function reportQuality(ctx: Pick<Context, 'io' | 'messages'>, listing: Clusters): void {
  for (const line of listing.malformed.slice(0, 5)) ctx.messages.warn(`skipped malformed record: ${line}`);
  if (listing.malformed.length > 5) ctx.messages.warn(`skipped ${listing.malformed.length - 5} more malformed records`);
  if (!listing.stale) return;
  const age = formatSpan(ctx.io.now().getTime() - listing.fetchedAt.getTime());
  if (listing.failure) ctx.messages.warn(`${listing.failure.message}; showing saved data, ${age} old`);
  else ctx.messages.say(`offline: showing saved data, ${age} old`);
}
