/** Shared by the production access commands: the account, and the API with the right token. */
import type { AccessApi } from '../../access/api.ts';
import type { OpenRequests } from '../../access/open-requests.ts';
import { isUrlName } from '../../argv/cluster-name.ts';
import { decodeJwt } from '../../auth/jwt.ts';
import type { Context } from '../../cli/context.ts';
import { CliError, messageOf, UnreachableError } from '../../errors.ts';
import type { Cluster } from '../../registry/cluster.ts';

export interface AccessTarget {
  /** The cluster's name as `credentials` and `login` take it. */
  readonly name: string;
  /** Undefined: the registry does not know the cluster, or could not be reached. */
  readonly cluster: Cluster | undefined;
  readonly accountName: string;
  readonly api: AccessApi;
  readonly open: OpenRequests;
  /** The names by which the access service may know the user; empty when the token contains none. */
  requestors(): Promise<readonly string[]>;
  /** Renews the cluster's token, so that the next kubectl has the rights. */
  renewToken(): Promise<void>;
}

export interface TargetOptions {
  readonly cluster?: string | undefined;
  readonly accountName?: string | undefined;
  readonly clientId?: string | undefined;
}

/**
 * The target of a request: the current context's cluster, or the one named.
 * An unreachable registry is only a warning when the account's name is given.
 */
export async function accessTarget(
  ctx: Context,
  options: TargetOptions,
  check?: (cluster: Cluster) => void,
): Promise<AccessTarget> {
  const name = await ctx.clusterName(options.cluster);
  const cluster = isUrlName(name) ? undefined : await findCluster(ctx, name, options.accountName);
  if (cluster) check?.(cluster);
  const accountName = options.accountName ?? (await accountNameOf(ctx, cluster, name));
  const bearer = async (forceRefresh: boolean) => {
    if (cluster) return (await ctx.credentials.login(cluster, { clientId: options.clientId, forceRefresh })).token;
    const clientId = options.clientId ?? (await ctx.credentials.clientOfName(name));
    const tokens = await ctx.tokens();
    return (await tokens.get({ clientId, use: 'id', forceRefresh, loginCommand: `zkubectl login ${name}` })).token;
  };
  const { api, open } = await ctx.access(() => bearer(false));
  return {
    name: cluster?.alias ?? name,
    cluster,
    accountName,
    api,
    open,
    requestors: async () => {
      const { sub, email, preferred_username: name } = decodeJwt(await bearer(false)) ?? {};
      return [sub, email, name].filter(claim => typeof claim === 'string');
    },
    renewToken: async () => void (await bearer(true)),
  };
}

async function findCluster(ctx: Context, name: string, accountName: string | undefined): Promise<Cluster | undefined> {
  const registry = await ctx.registry();
  try {
    return await registry.cluster(name, 'recent');
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    ctx.messages.warn(error.message);
    const known = await registry.cluster(name, 'known');
    if (known || accountName !== undefined) return known;
    throw new UnreachableError(`without the registry, the account of ${name} is not known`, {
      code: 'no_account',
      hint: 'add --account-name ACCOUNT',
      cause: error,
    });
  }
}

async function accountNameOf(ctx: Context, cluster: Cluster | undefined, name: string): Promise<string> {
  if (cluster === undefined || cluster.infrastructureAccount === '') {
    throw new CliError(`the account of ${name} is not known`, {
      code: 'no_account',
      hint: 'add --account-name ACCOUNT',
    });
  }
  const registry = await ctx.registry();
  try {
    return (await registry.account(cluster.infrastructureAccount)).name;
  } catch (error) {
    if (!(error instanceof UnreachableError)) throw error;
    throw new UnreachableError(
      `the name of the account ${cluster.infrastructureAccount} is not known: ${messageOf(error)}`,
      {
        code: 'no_account',
        hint: 'add --account-name ACCOUNT',
        cause: error,
      },
    );
  }
}
