/** Signs in to the sandbox without a browser: follows redirects and refreshes, keeps cookies and submits the form. For demos and scripts. */
import { CliError, UsageError } from '../errors.ts';
import type { HttpResponse } from '../platform/net/http-types.ts';
import { isLoopback } from '../platform/net/service-url.ts';

/** As many redirects as browsers follow. */
const MAX_STEPS = 20;
/** Pages that lead to the next one by themselves. */
const REFRESH = /<meta http-equiv="refresh" content="0;url=([^"]*)">/i;

/** Sends one request without following redirects. */
export type Send = (request: {
  method: 'GET' | 'POST';
  url: string;
  headers: Record<string, string>;
  body?: string;
}) => Promise<Pick<HttpResponse, 'status' | 'headers' | 'body'>>;

/** Resolves at the last page of the sign-in. @param account the sandbox's user; `deny` cancels */
export async function signIn(send: Send, startUrl: string, account: string): Promise<void> {
  if (!URL.canParse(startUrl) || !isLoopback(new URL(startUrl).hostname)) {
    throw new UsageError('the sandbox can sign in only to a loopback address', { code: 'bad_url' });
  }
  const cookies = new Map<string, Map<string, string>>();
  let request: { method: 'GET' | 'POST'; url: string; body?: string } = { method: 'GET', url: startUrl };
  for (let step = 0; step < MAX_STEPS; step++) {
    const url = new URL(request.url);
    if (!isLoopback(url.hostname))
      throw new CliError(`the sign-in redirects to another machine: ${url.origin}`, { code: 'foreign_redirect' });
    const jar = cookies.get(url.origin) ?? new Map<string, string>();
    cookies.set(url.origin, jar);
    const headers: Record<string, string> = { accept: 'text/html' };
    if (jar.size > 0) headers['cookie'] = [...jar].map(([name, value]) => `${name}=${value}`).join('; ');
    if (request.body !== undefined) headers['content-type'] = 'application/x-www-form-urlencoded';
    const response = await send({ ...request, headers });
    for (const cookie of [response.headers['set-cookie'] ?? []].flat()) storeCookie(jar, cookie);
    const location = response.headers['location'];
    if (response.status >= 300 && response.status < 400 && typeof location === 'string') {
      request = { method: 'GET', url: new URL(location, url).href };
      continue;
    }
    const html = response.body.toString('utf8');
    const refresh = REFRESH.exec(html)?.[1];
    if (refresh !== undefined) {
      request = { method: 'GET', url: new URL(unescapeHtml(refresh), url).href };
      step = -1;
      continue;
    }
    const next = nextForm(html, url, account);
    if (next === undefined) {
      if (response.status < 400) return;
      throw new CliError(`the sign-in failed: HTTP ${response.status}`, { code: 'sign_in_failed' });
    }
    request = next;
  }
  throw new CliError('the sign-in failed: too many redirects', { code: 'sign_in_failed' });
}

function storeCookie(jar: Map<string, string>, cookie: string): void {
  const [pair = '', ...attributes] = cookie.split(';');
  const at = pair.indexOf('=');
  if (at < 1) return;
  const name = pair.slice(0, at).trim();
  const value = pair.slice(at + 1).trim();
  const expired = attributes.some(attribute => /^\s*expires=Thu, 01 Jan 1970/i.test(attribute));
  if (value === '' || expired) jar.delete(name);
  else jar.set(name, value);
}

/** Fills in the form of a page: the sign-in page, or the code and confirmation pages of the device flow. */
function nextForm(html: string, base: URL, account: string): { method: 'POST'; url: string; body: string } | undefined {
  const form = /<form\b([^>]*)>([\s\S]*?)<\/form>/i.exec(html);
  if (form === null) return undefined;
  const action = /\baction="([^"]*)"/i.exec(form[1] ?? '')?.[1] ?? base.href;
  const fields = new URLSearchParams();
  for (const [input] of (form[2] ?? '').matchAll(/<input\b[^>]*>/gi)) {
    const name = /\bname="([^"]*)"/i.exec(input)?.[1];
    const value = /\bvalue="([^"]*)"/i.exec(input)?.[1] ?? '';
    if (name !== undefined) fields.set(name, unescapeHtml(value));
  }
  if (html.includes('name="account"')) fields.set(account === 'deny' ? 'deny' : 'account', account);
  return { method: 'POST', url: new URL(unescapeHtml(action), base).href, body: fields.toString() };
}

function unescapeHtml(text: string): string {
  const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"' };
  return text.replace(/&(?:#(\d+)|(amp|lt|gt|quot));/g, (_, code, name) =>
    code ? String.fromCodePoint(Number(code)) : (named[name] ?? ''),
  );
}
