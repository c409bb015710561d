/** Telling what a CLUSTER argument is: an id, an alias, or a URL that is logged in to without the registry. */

/** `https://…`, `http://…`, or a host with two dots or more (with a port or not). An id has two colons and no dots in its place. */
export function isUrlTarget(text: string): boolean {
  if (/^https?:\/\//i.test(text)) return URL.canParse(text);
  if (text.split(':').length > 2) return false;
  const host = text.split(/[:/]/)[0] ?? '';
  return /^[A-Za-z0-9-]+(\.[A-Za-z0-9-]+){2,}$/.test(host) && URL.canParse(`https://${text}`);
}

export interface UrlTarget {
  /** The host, with its port where that is not the scheme's own: names the context. */
  readonly name: string;
  readonly server: string;
  /** What `credentials` gets: the host where it can be told from an alias, else the whole URL. */
  readonly argument: string;
}

/** The parts of a URL target. */
export function parseUrlTarget(text: string): UrlTarget {
  const url = new URL(/^https?:\/\//i.test(text) ? text : `https://${text}`);
  const server = `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, '')}`;
  return { name: url.host, server, argument: isUrlTarget(url.host) ? url.host : server };
}
