/** Classifies a CLUSTER argument: an alias, a registry id, or a URL, which needs no registry. */

export type ClusterName =
  | { readonly kind: 'alias' | 'id'; readonly text: string }
  | {
      readonly kind: 'url';
      readonly text: string;
      /** The host, with any non-default port. It names the context. */
      readonly host: string;
      readonly server: string;
      /** The argument of `credentials`: the host if it cannot be mistaken for an alias, else the full URL. */
      readonly argument: string;
    };

/** URLs are `https://…`, `http://…`, and hosts with two or more dots (with or without a port). An id has two or more colons. */
export function parseClusterName(text: string): ClusterName {
  const url = urlOf(text);
  if (url === undefined) return { kind: text.split(':').length >= 3 ? 'id' : 'alias', text };
  const server = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { kind: 'url', text, host: url.host, server, argument: urlOf(url.host) ? url.host : server };
}

/** Is a CLUSTER argument a URL? */
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
