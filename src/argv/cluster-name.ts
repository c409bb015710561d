/** What a CLUSTER argument is: an alias, an id of the registry, or a URL that needs no registry. */

export type ClusterName =
  | { readonly kind: 'alias' | 'id'; readonly text: string }
  | {
      readonly kind: 'url';
      readonly text: string;
      /** The host, with its port where that is not the scheme's own: names the context. */
      readonly host: string;
      readonly server: string;
      /** What `credentials` gets: the host where it can be told from an alias, else the whole URL. */
      readonly argument: string;
    };

/** `https://…`, `http://…`, and a host with two dots or more (with a port or not) are URLs; an id has two colons or more. */
export function parseClusterName(text: string): ClusterName {
  const url = urlOf(text);
  if (url === undefined) return { kind: text.split(':').length >= 3 ? 'id' : 'alias', text };
  const server = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { kind: 'url', text, host: url.host, server, argument: urlOf(url.host) ? url.host : server };
}

/** Does a CLUSTER argument name a server by its URL? */
export function isUrlName(text: string): boolean {
  return urlOf(text) !== undefined;
}

function urlOf(text: string): URL | undefined {
  if (/^https?:\/\//i.test(text)) return URL.canParse(text) ? new URL(text) : undefined;
  if (text.split(':').length > 2) return undefined;
  const host = text.split(/[:/]/)[0] ?? '';
  const isHost = /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}$/.test(host);
  return isHost && URL.canParse(`https://${text}`) ? new URL(`https://${text}`) : undefined;
}
