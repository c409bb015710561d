/** Shared by the production access commands: the account, and the API with the right token. */
import type { AccessApi } from '../../access/api.ts';
import type { OpenRequests } from '../../access/open-requests.ts';
import { isUrlName } from '../../argv/cluster-name.ts';
import { decodeJwt, requestorsIn } from '../../auth/jwt.ts';
import type { Context } from '../../cli/context.ts';
import { isGuarded } from '../../clusters/guarded.ts';
import { CliError, ExitCode, messageOf, UnreachableError } from '../../errors.ts';
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

/** Where requests of all accounts are read and decided. */
export interface AccessService {
  readonly api: AccessApi;
  /** The name of the cluster whose token is the bearer. Undefined: the platform's token is. */
  readonly clusterName: string | undefined;
}

/** The access API with the token of `--cluster`, else of the current context's cluster, else of the platform. */
export async function accessService(
  ctx: Context,
  options: Pick<TargetOptions, 'cluster' | 'clientId'>,
): Promise<AccessService> {
  const clusterName = options.cluster ?? (await currentClusterName(ctx));
  const bearer = async () =>
    clusterName === undefined
      ? (await ctx.platformToken()).token
      : (await ctx.credentials.bearerFor(clusterName, undefined, options.clientId)).token;
  return { api: (await ctx.access(bearer)).api, clusterName };
}

/** Undefined: there is no current context. A context that does not exist is an error. */
async function currentClusterName(ctx: Context): Promise<string | undefined> {
  const view = await ctx.kubeconfig.load();
  if (!ctx.globals.context && !view.currentContext) return undefined;
  return ctx.clusterName(undefined);
}

/** The production clusters of every account, by its name. Empty where neither the registry nor saved data can answer. */
export async function clustersByAccount(ctx: Context): Promise<ReadonlyMap<string, readonly Cluster[]>> {
  try {
    const all = await (await ctx.registry()).clustersByAccount();
    return new Map([...all].map(([name, clusters]) => [name, clusters.filter(c => isGuarded(c.environment))]));
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === ExitCode.interrupted) throw error;
    ctx.messages.debug(`the clusters of the accounts are not known: ${messageOf(error)}`);
    return new Map();
  }
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
    requestors: async () => requestorsIn(decodeJwt(await bearer(false)) ?? {}),
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
