/** Checks of what is reached over the network: names, certificates, the services, and their clocks. */
import { userOf } from '../../auth/jwt.ts';
import { platformClaims } from '../../cli/identity.ts';
import { messageOf } from '../../errors.ts';
import { formatSpan, formatUntil } from '../../lib/time.ts';
import { isNotWorthNoting } from '../../platform/net/addresses.ts';
import { problemText } from '../../platform/net/http-errors.ts';
import type { HttpResponse } from '../../platform/net/http-types.ts';
import { checkCertificates } from './certificates.ts';
import {
  type Check,
  counted,
  type Finding,
  failed,
  findingOf,
  NOT_ASKED,
  ok,
  skipped,
  warning,
  worst,
} from './check.ts';
import { type Probes, type Service, serviceText } from './probes.ts';

/** Tokens are renewed 60 s before they expire, so a smaller clock skew does no harm. */
const SKEW_WARNING_MS = 30_000;
const SKEW_FAILURE_MS = 300_000;

export function networkChecks(probes: Probes): Check[] {
  return [
    { name: 'DNS', run: () => checkNames(probes) },
    { name: 'TLS', run: () => checkCertificates(probes) },
    { name: 'issuer', run: () => checkIssuer(probes) },
    { name: 'login', run: () => checkLogin(probes) },
    { name: 'registry', run: () => checkRegistry(probes) },
    { name: 'access API', run: () => checkAccess(probes) },
    { name: 'API server', run: () => checkApiServer(probes) },
    { name: 'clock', run: () => checkClock(probes) },
  ];
}

async function checkNames(probes: Probes): Promise<Finding> {
  if (probes.ctx.globals.offline) return NOT_ASKED;
  const hosts = new Set((await probes.services()).map(({ url }) => url.hostname).filter(h => !isNotWorthNoting(h)));
  if (hosts.size === 0) return skipped('no name needs to be resolved');
  const book = await probes.ctx.network.addresses();
  const findings = await Promise.all(
    [...hosts].map(async host => {
      try {
        const { addresses, seenAt } = await book.locate(host);
        if (seenAt === undefined) return ok(`${host} resolves to ${addresses[0]}`);
        return warning(
          `${host} does not resolve; using its last known address ${addresses[0]}, seen ${seenAt.toISOString()}`,
          'check the name servers and the VPN; hosts with a saved address keep working',
        );
      } catch (error) {
        const code = (error as { code?: unknown }).code;
        const why = code === 'ENOTFOUND' ? 'the name does not exist' : 'no name server answers';
        return failed(
          `${host} does not resolve: ${why}`,
          'check the name servers and the VPN, and the spelling: zkubectl configure',
        );
      }
    }),
  );
  return worst(findings);
}

/** Runs a check of a service; skips it when --offline is set or the service is not configured. */
async function answering(
  probes: Probes,
  name: Service['name'],
  then: (service: Service) => Promise<Finding>,
): Promise<Finding> {
  if (probes.ctx.globals.offline) return NOT_ASKED;
  const service = await probes.service(name);
  return service === undefined ? skipped('not configured') : then(service);
}

function saysNo(service: Service, response: HttpResponse, remedy: string): Finding {
  const said = problemText(response);
  const isItsTrouble = response.status >= 500 || response.status === 429;
  return failed(
    `${service.url.host} answers HTTP ${response.status}${said && `: ${said}`}`,
    isItsTrouble ? 'try again in 1 minute' : remedy,
  );
}

/** Checks that the response is JSON: a captive portal or sign-in page also answers with 200. */
function speaksJson(service: Service, { body }: HttpResponse): Finding {
  try {
    JSON.parse(body.toString('utf8'));
    return ok(`${service.url.host} answers`);
  } catch {
    return failed(
      `${service.url.host} answers, but not as ${serviceText(service)}: the response is not JSON`,
      'a proxy or sign-in page may have answered: open the URL in a browser',
    );
  }
}

const checkIssuer = (probes: Probes) =>
  answering(probes, 'issuer', async service => {
    const response = await probes.ask(service, '/.well-known/openid-configuration');
    if (response.status !== 200) return saysNo(service, response, 'check auth.issuer: zkubectl configure');
    const { issuer } = JSON.parse(response.body.toString('utf8')) as { issuer?: unknown };
    const wanted = (await probes.ctx.config()).text('auth.issuer') ?? '';
    return String(issuer).replace(/\/$/, '') === wanted.replace(/\/$/, '')
      ? ok(`${service.url.host} answers`)
      : failed(
          `the issuer's URL is ${String(issuer)}, but auth.issuer is ${service.url.origin}${service.url.pathname}`,
          "zkubectl configure auth.issuer=URL, with exactly the issuer's URL",
        );
  });

async function checkLogin(probes: Probes): Promise<Finding> {
  const { ctx } = probes;
  const config = await ctx.config();
  if (config.text('auth.client_id') === undefined)
    return failed('auth.client_id is not configured', 'zkubectl configure auth.client_id=ID');
  try {
    const bearer = await ctx.platformToken();
    const { expiresAt } = bearer;
    const user = userOf(await platformClaims(ctx, bearer));
    const until = expiresAt === undefined ? '' : `, the token expires ${formatUntil(expiresAt, ctx.io.now())}`;
    const cluster = await probes.cluster().catch(() => undefined);
    if (cluster && (await probes.clusterBearer()) === undefined)
      return failed(`logged in, but not to ${cluster.name}`, `zkubectl login ${cluster.name}`);
    return ok(`logged in${user === undefined ? '' : ` as ${user}`}${until}`);
  } catch (error) {
    return findingOf(error);
  }
}

const checkRegistry = async (probes: Probes) => {
  const { ctx } = probes;
  if ((await ctx.config()).text('registry.file') !== undefined) {
    const { clusters, malformed } = await (await ctx.registry()).clusters('now');
    const left = malformed.length === 0 ? '' : `, ${malformed.length} malformed records skipped`;
    return ok(`${counted(clusters.length, 'cluster')} in a file${left}`);
  }
  return answering(probes, 'registry', async service => {
    try {
      const bearer = await probes.platformBearer();
      // Asks for one alias that need not exist: the response is small, and also shows that the registry works.
      const response = await probes.ask(service, '/kubernetes-clusters?alias=doctor&verbose=false', bearer);
      if (response.status === 200) return speaksJson(service, response);
      if (response.status === 401 && bearer === undefined)
        return warning(`${service.url.host} answers; you are not logged in`, 'zkubectl login');
      return saysNo(
        service,
        response,
        response.status === 401
          ? 'zkubectl login --force-refresh'
          : 'check registry.url: zkubectl configure; meanwhile: --offline',
      );
    } catch (error) {
      return failed(messageOf(error), await snapshotRemedy(probes));
    }
  });
};

async function snapshotRemedy({ ctx }: Probes): Promise<string> {
  const age = await (await ctx.registry()).snapshotAge();
  return age === undefined
    ? 'there is no saved data; to log in without the registry: zkubectl login URL'
    : `to use the saved data, ${formatSpan(age)} old: add --offline`;
}

const checkAccess = (probes: Probes) =>
  answering(probes, 'access API', async service => {
    const bearer = await probes.clusterBearer();
    const login = `zkubectl login ${(await probes.cluster())?.name ?? 'CLUSTER'}`;
    const isOlder = (await probes.ctx.config()).text('access.api') === 'emergency-access-service';
    const path = isOlder ? '/access-requests' : '/v1/requests/tech/cloud-infrastructure/aws/account?request_key=0';
    const response = await probes.ask(service, path, bearer);
    if (response.status === 200 || response.status === 404) return speaksJson(service, response);
    if (response.status === 401 && bearer === undefined)
      return warning(`${service.url.host} answers; you are not logged in`, login);
    return saysNo(
      service,
      response,
      response.status === 401 ? `${login} --force-refresh` : 'check access.url: zkubectl configure',
    );
  });

const checkApiServer = async (probes: Probes) => {
  const cluster = await probes.cluster();
  if (cluster === undefined)
    return skipped('no current context; to check a cluster: zkubectl doctor --cluster CLUSTER');
  return answering(probes, 'API server', async service => {
    const response = await probes.ask(service, '/version', await probes.clusterBearer());
    const version = await probes.serverVersion();
    if (version !== undefined) return ok(`${cluster.name} (${service.url.host}) answers: Kubernetes ${version}`);
    // A 403 also shows that the API server answers.
    if (response.status === 403) return ok(`${cluster.name} (${service.url.host}) answers`);
    return saysNo(
      service,
      response,
      response.status === 401 ? `zkubectl login ${cluster.name}` : 'try again in 1 minute',
    );
  });
};

async function checkClock(probes: Probes): Promise<Finding> {
  if (probes.ctx.globals.offline) return NOT_ASKED;
  await Promise.allSettled([checkIssuer(probes), checkRegistry(probes), checkAccess(probes), checkApiServer(probes)]);
  return describeClocks(probes.clocks);
}

/** @param clocks how far each host's clock is ahead of our clock, in milliseconds */
export function describeClocks(clocks: ReadonlyMap<string, number>): Finding {
  if (clocks.size === 0) return skipped('not checked: no server answered');
  const [host, skew] = [...clocks].reduce((a, b) => (Math.abs(b[1]) > Math.abs(a[1]) ? b : a));
  const size = Math.abs(skew);
  if (size < SKEW_WARNING_MS) return ok(`the clock agrees with ${clocks.size === 1 ? host : `${clocks.size} servers`}`);
  const found = `the clock is ${formatSpan(size)} ${skew > 0 ? 'behind' : 'ahead of'} ${host}`;
  const remedy =
    clocks.size > 1 && [...clocks.values()].some(other => Math.abs(other) < SKEW_WARNING_MS)
      ? `other servers agree with this clock: tell the operators of ${host}`
      : 'set the clock of this machine: logins and certificates depend on it';
  return size < SKEW_FAILURE_MS ? warning(found, remedy) : failed(found, remedy);
}
