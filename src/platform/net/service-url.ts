/** Addresses that credentials may be sent to: https, or http on this machine itself. */
import { UsageError } from '../../errors.ts';

/** True for http(s) on this machine itself: 127.0.0.0/8, ::1 and localhost (RFC 8252 section 8.3). */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '');
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/** For a message: whatever stands before an `@` may be a password. */
function withoutUser(url: string): string {
  return url.replace(/^([^/]*\/\/)?[^/]*@/, '$1…@').replace(/\?.*/s, '?…');
}

/** Parses a URL that may carry credentials. Throws UsageError when it is none, or plain http to another machine. */
export function parseServiceUrl(service: string, url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (!parsed || (parsed.protocol !== 'https:' && parsed.protocol !== 'http:')) {
    throw new UsageError(`the address of ${service} is not an http(s) URL: ${withoutUser(url)}`, { code: 'bad_url' });
  }
  // A URL is parsed without the tabs and line breaks in it (WHATWG URL, 4.4): whoever reads it otherwise reads another address.
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
  if (/[\x00-\x20\x7f]/.test(url))
    throw new UsageError(`the address of ${service} has spaces or control characters in it: ${withoutUser(url)}`, {
      code: 'bad_url',
    });
  if (parsed.username !== '' || parsed.password !== '')
    throw new UsageError(
      `the address of ${service} has a user in it, which addresses here have not: ${parsed.origin}`,
      {
        code: 'bad_url',
      },
    );
  if (parsed.protocol === 'http:' && !isLoopback(parsed.hostname)) {
    throw new UsageError(`the address of ${service} is plain http: ${parsed.origin}`, {
      code: 'plain_http',
      hint: 'use https; plain http is for loopback addresses alone',
    });
  }
  return parsed;
}
