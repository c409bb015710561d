/** The certificate check. It distinguishes expired certificates, untrusted CAs and wrong host names. */

import { formatSpan, formatUntil } from '../../lib/time.ts';
import { socketLookup } from '../../platform/net/addresses.ts';
import { trustedRoots } from '../../platform/net/roots.ts';
import { probeTls, type TlsFinding } from '../../platform/net/tls-probe.ts';
import { type Finding, failed, NOT_ASKED, ok, skipped, warning, worst } from './check.ts';
import { ANSWER_MS, type Probes, type Service, serviceText } from './probes.ts';

const CERTIFICATE_ENDS_SOON_MS = 14 * 86_400_000;

export async function checkCertificates(probes: Probes): Promise<Finding> {
  if (probes.ctx.globals.offline) return NOT_ASKED;
  const services = (await probes.services()).filter(({ url }) => url.protocol === 'https:');
  if (services.length === 0) return skipped('no service uses https');
  const { env } = probes.ctx.io;
  if (env['HTTPS_PROXY'] || env['https_proxy'])
    return skipped('not checked through a proxy: see the results of the services below');
  return worst(await Promise.all(services.map(service => checkCertificate(probes, service))));
}

async function checkCertificate({ ctx }: Probes, service: Service): Promise<Finding> {
  const { url } = service;
  const book = await ctx.network.addresses();
  const ca =
    service.ca === undefined ? await trustedRoots(ctx.io, (await ctx.config()).text('tls.ca_file')) : [service.ca];
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const finding = await probeTls({
    host,
    port: Number(url.port || 443),
    servername: service.servername ?? host,
    ca,
    lookup: socketLookup(book, () => undefined),
    timeoutMs: ANSWER_MS,
  });
  return describeCertificate(service, finding, ctx.io.now());
}

/** The finding for a TLS probe, with the remedy. */
export function describeCertificate(service: Service, { code, endsAt, issuer }: TlsFinding, now: Date): Finding {
  const of = `${service.name} (${service.url.host})`;
  const owners = `tell the operators of ${serviceText(service)}: it cannot be fixed on this machine`;
  switch (code) {
    case undefined: {
      const left = (endsAt?.getTime() ?? Number.POSITIVE_INFINITY) - now.getTime();
      if (left >= CERTIFICATE_ENDS_SOON_MS) return ok(`${of} is trusted`);
      return warning(`${of}: its certificate expires in ${formatSpan(left)}`, owners);
    }
    case 'CERT_HAS_EXPIRED':
      return failed(
        `${of}: its certificate is no longer valid${endsAt ? ` (${formatUntil(endsAt, now)})` : ''}`,
        `${owners}, unless the clock of this machine is wrong`,
      );
    case 'CERT_NOT_YET_VALID':
      return failed(`${of}: its certificate is not valid yet`, 'set the clock of this machine');
    case 'ERR_TLS_CERT_ALTNAME_INVALID':
      return failed(`${of}: its certificate is for another host name`, `check the URL; if it is right, ${owners}`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
    case 'ETIMEOUT':
      return skipped(`${of}: its name does not resolve`);
    default:
      if (/SELF_SIGNED|UNABLE_TO|CERT_UNTRUSTED|CERT_SIGNATURE/.test(code))
        return failed(
          `${of}: its certificate is from a CA that this machine does not trust${issuer === undefined ? '' : `: ${issuer}`}`,
          service.ca === undefined
            ? 'add a corporate CA: zkubectl configure tls.ca_file=FILE'
            : "the CA in the kubeconfig is not the cluster's; to update it: zkubectl login CLUSTER",
        );
      return failed(`${of}: no TLS connection (${code})`, 'check the network, the VPN and the address');
  }
}
