/** `whoami`: who the tokens say you are, how long they last, and the production access you hold. */

import { type AccessRequest, isInForce } from '../access/api.ts';
import { isUrlName } from '../argv/cluster-name.ts';
import { decodeJwt, type JwtClaims, userOf } from '../auth/jwt.ts';
import { formatOf } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../cli/definition.ts';
import { platformClaims } from '../cli/identity.ts';
import { AuthError, CliError, ExitCode, messageOf } from '../errors.ts';
import { clusterNameOf, requireContext } from '../kubeconfig/view.ts';
import type { JsonObject } from '../lib/json.ts';
import { formatRfc3339, formatUntil } from '../lib/time.ts';
import { type Field, printThing, type Section } from '../output/sections.ts';
import { OUTPUT_FORMATS } from '../output/view.ts';

export interface WhoamiOptions {
  readonly cluster: string | undefined;
}

export const whoamiCommand: CommandDefinition<WhoamiOptions> = {
  texts: {
    summary: 'show your user, groups, token expiry and production access',
    description:
      "Shows who you are logged in as, your groups, when the tokens expire and what production access you hold on the current context's cluster. It never starts a login.",
    examples: ['zkubectl whoami', 'zkubectl whoami --cluster foobarlab -o json'],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.option(...CLUSTER_FLAG);
  },
  options: (_, flags: { cluster?: string }) => ({ cluster: flags.cluster }),
  login: () => ({ mayLogin: false }),
  run: runWhoami,
};

interface Identity {
  readonly claims: JwtClaims;
  readonly expiresAt: Date | undefined;
}

export async function runWhoami(ctx: Context, options: WhoamiOptions): Promise<void> {
  const format = formatOf(ctx);
  const outage: Outage = {};
  const platform = await platformIdentity(ctx, outage);
  const clusterName = options.cluster ?? (await currentClusterName(ctx));
  const cluster = clusterName === undefined ? undefined : await clusterIdentity(ctx, clusterName, outage);
  const main = platform ?? cluster?.identity;
  if (main === undefined) {
    // An unreachable issuer does not mean that the user is logged out.
    throw outage.error ?? new AuthError('you are not logged in', { code: 'not_logged_in', hint: 'zkubectl login' });
  }
  if (outage.error) ctx.messages.warn(messageOf(outage.error));
  const grants = cluster?.identity ? await grantsOf(ctx, cluster.identity, cluster.bearer, cluster.account) : [];
  const config = await ctx.config();
  const now = ctx.io.now();
  const user = userOf(main.claims) ?? 'unknown (the token is opaque)';
  const fields: Field[] = [
    ['User', user],
    ['Issuer', main.claims.iss ?? config.text('auth.issuer') ?? ''],
    ['Groups', groupsOf(cluster?.identity?.claims ?? main.claims).join(', ') || groupsOf(main.claims).join(', ')],
    ['Platform token', platform ? expiryText(platform.expiresAt, now) : 'none: zkubectl login'],
  ];
  if (cluster)
    fields.push(
      ['Cluster', cluster.name],
      [
        'Cluster token',
        cluster.identity ? expiryText(cluster.identity.expiresAt, now) : `none: zkubectl login ${cluster.name}`,
      ],
    );
  const sections: Section[] = [{ fields }];
  if (grants.length > 0)
    sections.push({
      title: cluster === undefined ? 'Production access' : `Production access to ${cluster.name}`,
      fields: grants.map(grant => [grant.accountName, grantText(grant, now)] as const),
    });
  const json = identityJson(config.text('auth.issuer'), user, platform, cluster, grants);
  await printThing(ctx.io, { kind: 'Identity', name: user, json, sections }, { format, color: ctx.globals.color });
}

function expiryText(expiresAt: Date | undefined, now: Date): string {
  return expiresAt === undefined
    ? 'valid, without an expiry'
    : `${expiresAt > now ? 'expires ' : ''}${formatUntil(expiresAt, now)}`;
}

function grantText(grant: AccessRequest, now: Date): string {
  const until = grant.expiresAt ? `ends ${formatUntil(grant.expiresAt, now)}` : 'granted';
  return `${until} (request ${grant.requestKey}: ${grant.reason})`;
}

/** The first error that is not an AuthError: thrown when no token is left to show, else a warning. */
interface Outage {
  error?: CliError;
}

async function platformIdentity(ctx: Context, outage: Outage): Promise<Identity | undefined> {
  const bearer = await ctx.platformToken().catch(error => loggedOut(outage, error));
  if (bearer === undefined) return undefined;
  return { claims: await platformClaims(ctx, bearer), expiresAt: bearer.expiresAt };
}

/** Being logged out is a result here, not an error. */
function loggedOut(outage: Outage, error: unknown): undefined {
  if (!(error instanceof CliError) || error.exitCode === ExitCode.interrupted || error.exitCode === ExitCode.usage)
    throw error;
  if (!(error instanceof AuthError)) outage.error ??= error;
  return undefined;
}

async function currentClusterName(ctx: Context): Promise<string | undefined> {
  const view = await ctx.kubeconfig.load();
  const context = ctx.globals.context ?? view.currentContext;
  if (ctx.globals.context !== undefined) requireContext(view, context);
  return view.contexts.has(context) ? clusterNameOf(view, context) : undefined;
}

interface ClusterIdentity {
  readonly name: string;
  readonly account: string | undefined;
  readonly identity: Identity | undefined;
  readonly bearer: string;
}

async function clusterIdentity(ctx: Context, name: string, outage: Outage): Promise<ClusterIdentity> {
  const registry = isUrlName(name) ? undefined : await ctx.registry().catch(() => undefined);
  const record =
    registry === undefined
      ? undefined
      : ((await registry.cluster(name, 'known')) ??
        (await registry.cluster(name, 'recent').catch(error => loggedOut(outage, error))));
  const clientId = await (record ? ctx.credentials.clientOfCluster(record) : ctx.credentials.clientOfName(name));
  const tokens = await ctx.tokens();
  const bearer = await tokens
    .get({ clientId, use: 'id', loginCommand: `zkubectl login ${name}` })
    .catch(error => loggedOut(outage, error));
  return {
    name: record?.alias ?? name,
    account: record?.infrastructureAccount,
    identity: bearer && { claims: decodeJwt(bearer.token) ?? {}, expiresAt: bearer.expiresAt },
    bearer: bearer?.token ?? '',
  };
}

/** The user's active grants; empty without an access API, or when it cannot be reached. */
async function grantsOf(
  ctx: Context,
  identity: Identity,
  bearer: string,
  accountId: string | undefined,
): Promise<AccessRequest[]> {
  const config = await ctx.config();
  if (ctx.globals.offline || config.text('access.url') === undefined || !accountId) return [];
  try {
    const registry = await ctx.registry();
    const account = await registry.account(accountId);
    const { api, open } = await ctx.access(async () => bearer);
    const own = [identity.claims.sub, identity.claims.email, userOf(identity.claims)];
    const requests = await api.list({ accountName: account.name });
    const now = ctx.io.now();
    const grants = requests.filter(r => isInForce(r, now) && own.includes(r.requestor));
    for (const request of open.all(now)) {
      if (!grants.some(grant => grant.requestKey === request.requestKey)) continue;
      ctx.messages.hint(
        `request ${request.requestKey} is granted; to give kubectl the rights: zkubectl login --force-refresh`,
      );
    }
    return grants;
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(`could not read your production access: ${messageOf(error)}`);
    return [];
  }
}

function groupsOf(claims: JwtClaims): readonly string[] {
  return Array.isArray(claims.groups) ? claims.groups.filter(group => typeof group === 'string') : [];
}

function identityJson(
  issuer: string | undefined,
  user: string,
  platform: Identity | undefined,
  cluster: ClusterIdentity | undefined,
  grants: readonly AccessRequest[],
): JsonObject {
  const tokenJson = (identity: Identity | undefined) =>
    identity === undefined
      ? null
      : {
          expiresAt: identity.expiresAt ? formatRfc3339(identity.expiresAt) : null,
          groups: [...groupsOf(identity.claims)],
        };
  return {
    user,
    issuer: platform?.claims.iss ?? cluster?.identity?.claims.iss ?? issuer ?? null,
    platform: tokenJson(platform),
    cluster:
      cluster === undefined
        ? null
        : { name: cluster.name, ...(tokenJson(cluster.identity) ?? { expiresAt: null, groups: [] }) },
    grants: grants.map(grant => ({
      request_key: grant.requestKey,
      account_name: grant.accountName,
      access_role: grant.accessRole,
      business_justification: grant.reason,
      expires_at: grant.expiresAt ? formatRfc3339(grant.expiresAt) : null,
    })),
  };
}
