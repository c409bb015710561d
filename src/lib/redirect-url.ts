/** The redirect URI of browser logins (RFC 8252 section 7.3): `auth.redirect_url` to the letter, else a path on 127.0.0.1. */

export interface RedirectTarget {
  /** Where to listen. */
  readonly address: '127.0.0.1' | '::1';
  /** As written: 127.0.0.1, [::1] or localhost. */
  readonly hostname: string;
  /** Undefined: the next free one of `auth.redirect_ports`. */
  readonly port: number | undefined;
  /** As written; may be empty. */
  readonly path: string;
}

export const DEFAULT_REDIRECT: RedirectTarget = {
  address: '127.0.0.1',
  hostname: '127.0.0.1',
  port: undefined,
  path: '/callback',
};

/** Parses `auth.redirect_url`. Undefined: not an http URL on loopback without query and fragment. */
export function parseRedirectUrl(text: string): RedirectTarget | undefined {
  const [, hostname, port, path = ''] =
    /^http:\/\/(localhost|127\.0\.0\.1|\[::1\])(?::(\d{1,5}))?((?:\/[\w.~!$&'()*+,;=:@%/-]*)?)$/.exec(text) ?? [];
  if (hostname === undefined || Number(port ?? 1) < 1 || Number(port ?? 1) > 65_535) return undefined;
  return {
    address: hostname === '[::1]' ? '::1' : '127.0.0.1',
    hostname,
    port: port === undefined ? undefined : Number(port),
    path,
  };
}

/** The URI as it is registered at the issuer: not normalised. */
export function redirectUriOf({ hostname, path }: RedirectTarget, port: number): string {
  return `http://${hostname}:${port}${path}`;
}
