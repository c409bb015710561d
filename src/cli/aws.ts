/** Credentials for AWS accounts: where they come from (`aws.url`, or STS by `aws.role_arn`), for which account, with which role. */
import type { AccountRole, AccountRoles } from '../aws/account-roles.ts';
import { type AwsChoices, awsChoices } from '../aws/choices.ts';
import { type AwsCredentials, type AwsRole, type AwsSource, checked, keptCredentials } from '../aws/credentials.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import type { Cluster } from '../registry/cluster.ts';
import type { Context } from './context.ts';
import { platformClaims, storedUser } from './identity.ts';
import { sealerOf } from './secret-store.ts';

/** An account as typed. All undefined: the default account, else the current context's cluster's. */
export interface AwsWish {
  readonly cluster?: string | undefined;
  /** An alias of `aws alias`, an account's id or name. */
  readonly account?: string | undefined;
  readonly role?: string | undefined;
}

export interface AwsTarget extends AwsRole {
  /** What the user calls the account: an alias, a name, or the id. */
  readonly name: string;
  /** The AWS region of the cluster. Undefined: no cluster was named. */
  readonly region: string | undefined;
}

export class Aws {
  readonly #ctx: Context;
  #source: Promise<AwsSource> | undefined;
  #roles: Promise<AccountRole[]> | undefined;

  constructor(ctx: Context) {
    this.#ctx = ctx;
  }

  /** Names the source of credentials. Undefined: none is configured. */
  async sourceId(): Promise<string | undefined> {
    const config = await this.#ctx.config();
    const url = config.text('aws.url');
    const arn = config.text('aws.role_arn');
    return url ?? (arn === undefined ? undefined : `${arn} ${config.text('aws.sts_url') ?? ''}`);
  }

  get choices(): AwsChoices {
    return awsChoices(this.#ctx.io, this.#ctx.paths.state).read();
  }

  /** The roles of the user. Throws UsageError (2) without the service of aws.url. */
  roles(): Promise<AccountRole[]> {
    this.#roles ??= this.#accountRoles().then(service => service.roles());
    return this.#roles;
  }

  /** The account and role that are meant. Throws UsageError (2) when it is not clear, NotFoundError (3) when there is no such account. */
  async target(wish: AwsWish): Promise<AwsTarget> {
    if (wish.cluster !== undefined && wish.account !== undefined)
      throw new UsageError('an account and --cluster cannot be used together', { code: 'bad_usage' });
    const { aliases, default: usual } = this.choices;
    const alias = wish.account === undefined ? undefined : aliases[wish.account];
    const pair = alias ?? (wish.account === undefined && wish.cluster === undefined ? usual : undefined);
    const typed = pair?.account ?? wish.account;
    if (typed === undefined) {
      const cluster = await this.#ctx.cluster(wish.cluster);
      const accountId = accountIdOf(cluster);
      const role = await this.#roleOf(accountId, wish.role);
      return { accountId, role, name: cluster.alias, region: regionOf(cluster) };
    }
    const accountId = /^\d{12}$/.test(typed) ? typed : await this.#accountNamed(typed);
    const role = await this.#roleOf(accountId, wish.role ?? pair?.role);
    return { accountId, role, name: wish.account ?? typed, region: undefined };
  }

  async credentials(target: AwsTarget, forceRefresh = false): Promise<AwsCredentials> {
    const id = await this.sourceId();
    if (id === undefined)
      throw new UsageError('no source of AWS credentials is configured', {
        code: 'not_configured',
        hint: 'set aws.url (the service of zaws) or aws.role_arn (AWS STS): zkubectl configure aws.role_arn=ARN',
      });
    // A token from the environment may be another user's than the stored credentials.
    if ((await this.#ctx.tokens()).fromEnvironment() !== undefined)
      return (await this.#sourceFor(target)).credentials(target);
    const { io, paths, messages } = this.#ctx;
    const owner = await storedUser(this.#ctx);
    const kept = keptCredentials(io, paths.state, await sealerOf(this.#ctx), owner, line => messages.warn(line));
    const stored = forceRefresh ? undefined : kept.stored({ id }, target);
    return stored ?? kept.get(await this.#sourceFor(target), target, forceRefresh);
  }

  async #roleOf(accountId: string, typed: string | undefined): Promise<string | undefined> {
    const config = await this.#ctx.config();
    const usual = this.choices.default;
    const role = typed ?? (usual?.account === accountId ? usual.role : undefined) ?? config.text('aws.role');
    if (role !== undefined || config.text('aws.url') === undefined) return role;
    const roles = (await this.roles()).filter(one => one.accountId === accountId).map(one => one.roleName);
    if (roles.length === 1) return roles[0];
    if (roles.length === 0)
      throw new NotFoundError(`you have no role in the AWS account ${accountId}`, {
        code: 'no_role',
        hint: 'list your accounts and roles: zkubectl aws roles',
      });
    throw new UsageError(`you have ${roles.length} roles in the AWS account ${accountId}: ${roles.join(', ')}`, {
      code: 'which_role',
      hint: 'add --role ROLE, or set aws.role: zkubectl configure aws.role=ROLE',
    });
  }

  async #accountNamed(name: string): Promise<string> {
    if ((await this.#ctx.config()).text('aws.url') === undefined)
      throw new UsageError(`${name} is not an account id (twelve digits), and names of accounts need aws.url`, {
        code: 'bad_account',
        hint: 'to list the accounts of the clusters: zkubectl list -o wide',
      });
    const roles = await this.roles();
    const found = roles.find(role => role.accountName === name);
    if (found) return found.accountId;
    const names = [...new Set([...Object.keys(this.choices.aliases), ...roles.map(role => role.accountName)])];
    const [best] = nearest(name, names, 1);
    throw new NotFoundError(`you have no role in an AWS account named ${name}`, {
      code: 'no_such_account',
      hint: best === undefined ? 'list your accounts and roles: zkubectl aws roles' : `did you mean ${best}?`,
    });
  }

  async #accountRoles(): Promise<AccountRoles> {
    const [config, http, { createAccountRoles }] = await Promise.all([
      this.#ctx.config(),
      this.#ctx.http(),
      import('../aws/account-roles.ts'),
    ]);
    return createAccountRoles({
      url: config.required('aws.url'),
      http,
      now: () => this.#ctx.io.now(),
      token: async () => (await this.#ctx.platformToken()).token,
      user: () => this.#user(config.required('aws.user_claim')),
    });
  }

  /** The value of a claim of the platform's token. Throws UsageError (2) when the token does not have it. */
  async #user(claim: string): Promise<string> {
    const claims = await platformClaims(this.#ctx, await this.#ctx.platformToken());
    const value = claims[claim];
    if (typeof value === 'string' && value !== '') return value;
    throw new UsageError(`your token has no claim ${claim}, which names you to the AWS credentials service`, {
      code: 'no_user_claim',
      hint: 'set the claim that names you: zkubectl configure aws.user_claim=CLAIM',
    });
  }

  #sourceFor(target: AwsTarget): Promise<AwsSource> {
    this.#source ??= this.#makeSource(target);
    return this.#source;
  }

  async #makeSource(target: AwsTarget): Promise<AwsSource> {
    const config = await this.#ctx.config();
    const now = () => this.#ctx.io.now();
    if (config.text('aws.url') !== undefined) return checked(await this.#accountRoles(), now);
    const roleArn = config.required('aws.role_arn');
    const cluster = await this.#clusterIn(target);
    const [http, { createSts }] = await Promise.all([this.#ctx.http(), import('../aws/sts.ts')]);
    const sts = createSts({
      http,
      roleArn,
      region: regionOf(cluster) ?? DEFAULT_REGION,
      endpoint: config.text('aws.sts_url'),
      idToken: async () => (await this.#ctx.credentials.bearerFor(cluster.alias, undefined)).token,
      sessionName: async () => {
        const claims = await platformClaims(this.#ctx, await this.#ctx.platformToken());
        return claims.email ?? claims.sub ?? 'zkubectl';
      },
    });
    return checked(sts, now);
  }

  /** A cluster in the account, whose ID token STS gets. */
  async #clusterIn({ accountId, name }: AwsTarget): Promise<Cluster> {
    const { clusters } = await (await this.#ctx.registry()).clusters('recent');
    const inAccount = clusters
      .filter(cluster => cluster.lifecycleStatus === 'ready' && isAccountOf(cluster, accountId))
      .sort((a, b) => (a.alias < b.alias ? -1 : 1));
    const found = inAccount.find(cluster => cluster.alias === name) ?? inAccount[0];
    if (found) return found;
    throw new NotFoundError(`the registry has no ready cluster in the AWS account ${accountId}`, {
      code: 'no_such_account',
      hint: 'list the clusters with their accounts: zkubectl list -o wide',
    });
  }
}

/** Of AWS STS, for a cluster whose region is unknown. */
const DEFAULT_REGION = 'us-east-1';

/** Undefined: the registry's text is not the name of a region. It becomes a part of host names and of the user's AWS configuration. */
function regionOf({ region }: Cluster): string | undefined {
  return region !== undefined && /^[a-z]{2,}(-[a-z]+)+-\d{1,2}$/.test(region) ? region : undefined;
}

function isAccountOf(cluster: Cluster, accountId: string): boolean {
  return cluster.infrastructureAccount === `aws:${accountId}`;
}

function accountIdOf(cluster: Cluster): string {
  const id = /^aws:(\d{12})$/.exec(cluster.infrastructureAccount)?.[1];
  if (id !== undefined) return id;
  throw new UsageError(`the account of ${cluster.alias} is not an AWS account: ${cluster.infrastructureAccount}`, {
    code: 'no_aws_account',
  });
}
