/** Before kubectl starts: logs in if needed, so that kubectl does not ask for a token several times in vain. */
import path from 'node:path';
import { parseCredentialsFast } from '../argv/credentials-arguments.ts';
import { resourceServerIn } from '../clusters/trusted-servers.ts';
import { credentialsEntry, type LocatedEntry } from '../kubeconfig/view.ts';
import type { Io } from '../platform/io.ts';
import { type GrantWorld, pickUpGrant } from './pick-up-grant.ts';

export type LoginWorld = GrantWorld & { readonly io: Pick<Io, 'self'> };

/**
 * Gets the token that kubectl will ask for, if the user's entry is zkubectl's. Nothing to do for any other entry.
 * Throws AuthError (4) when a login is needed and must not start.
 */
export async function ensureLogin(ctx: LoginWorld, user: LocatedEntry, cluster: LocatedEntry): Promise<void> {
  const entry = credentialsEntry(user);
  // With environment variables of its own, the entry may use another configuration.
  if (entry === undefined || entry.hasEnv || !isOurs(ctx, entry.command)) return;
  const options = parseCredentialsFast(entry.args);
  if (options === undefined) return;
  const server = entry.providesClusterInfo ? resourceServerIn(cluster.body, cluster.file) : undefined;
  await ctx.credentials.bearerFor(options.cluster, server, options.clientId);
  if (options.cluster !== undefined) await pickUpGrant(ctx, options.cluster);
}

function isOurs({ io }: LoginWorld, command: string): boolean {
  return command === io.self.file || /^zkubectl(\.exe|\.js)?$/.test(path.basename(command));
}
