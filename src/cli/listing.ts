/** What every command says that shows clusters: what is missing, and how old it is. */
import { formatSpan } from '../lib/time.ts';
import type { Clusters } from '../registry/registry.ts';
import type { Context } from './context.ts';

/** Says on stderr what the list leaves out and how old it is. */
export function reportQuality(ctx: Pick<Context, 'io' | 'messages'>, listing: Clusters): void {
  for (const line of listing.malformed.slice(0, 5)) ctx.messages.warn(`left out, malformed: ${line}`);
  if (listing.malformed.length > 5)
    ctx.messages.warn(`left out, malformed: ${listing.malformed.length - 5} more records`);
  if (!listing.stale) return;
  const age = formatSpan(ctx.io.now().getTime() - listing.fetchedAt.getTime());
  if (listing.failure) ctx.messages.warn(`${listing.failure.message}; this is the registry as it was ${age} ago`);
  else ctx.messages.say(`offline: this is the registry as it was ${age} ago`);
}
