/** Checks URLs that receive credentials: https, or http on loopback. */
import { UsageError } from '../../errors.ts';

/** True for a loopback host: 127.0.0.0/8, ::1 and localhost (RFC 8252 section 8.3). */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** Removes the user info from a URL for a message: it may contain a password. */
function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)?[^/]*@/, '$1…@').replace(/\?.*/s, '?…');
}

/** Parses the URL of a service that receives credentials. Throws UsageError when it is not a URL, or is plain http to another machine. */
export function parseServiceUrl(service: string, url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw new UsageError(`the address of ${service} is not an http(s) URL: ${withoutUser(url)}`, { code: 'bad_url' });
  }
  // The URL parser removes tabs and line breaks (WHATWG URL, 4.4): the URL that is used would differ from the URL that the user sees.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the check looks for control characters
  if (/[\x00-\x20\x7f]/.test(url))
    throw new UsageError(`the address of ${service} contains spaces or control characters: ${withoutUser(url)}`, {
      code: 'bad_url',
    });
  if (parsed.username !== '' || parsed.password !== '')
    throw new UsageError(`the address of ${service} must not contain a user or password: ${parsed.origin}`, {
      code: 'bad_url',
    });
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    throw new UsageError(`the address of ${service} is plain http: ${parsed.origin}`, {
      code: 'plain_http',
      hint: 'use https; plain http is allowed only for loopback addresses',
    });
  }
  return parsed;
}
