/**
 * The OpenID Connect issuer of the sandbox, built with the certified oidc-provider: authorization code with PKCE, device flow, client credentials,
 * refresh token rotation, revocation, groups in the ID token. A sign-in page offers the sandbox's users.
 */

import type { IncomingMessage, ServerResponse } from 'node:http';
import { readBody } from '../platform/net/server.ts';
import { configuration, SCOPES } from './issuer-configuration.ts';
import type { IssuerSettings } from './issuer-state.ts';
import { sandboxPage, signInPage } from './sign-in-page.ts';
import { registerTokenExchange } from './token-exchange.ts';
import { findUser, USERS } from './users.ts';

const DEVICE_POLL_SECONDS = 1;

export interface IssuerServer {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
}

export async function createIssuer(settings: IssuerSettings): Promise<IssuerServer> {
  const { default: Provider, errors, interactionPolicy } = await import('oidc-provider');
  const policy = interactionPolicy.base();
  // Do not ask native clients for consent: signing in is the consent.
  policy.get('consent')?.checks.remove('native_client_prompt');
  const provider = new Provider(settings.url, configuration(settings, policy));
  provider.use(async (ctx, next) => {
    await next();
    const { body } = ctx;
    if (typeof body === 'object' && body !== null && 'device_code' in body)
      ctx.body = { ...body, interval: DEVICE_POLL_SECONDS };
  });
  registerTokenExchange(provider, errors, SCOPES.join(' '), settings.subjectOf);
  const callback = provider.callback();

  const interaction = async (request: IncomingMessage, response: ServerResponse, uid: string): Promise<void> => {
    let details: Awaited<ReturnType<typeof provider.interactionDetails>>;
    try {
      details = await provider.interactionDetails(request, response);
    } catch {
      sendPage(response, 400, sandboxPage('This sign-in is over', 'Go back to the terminal and log in again.'));
      return;
    }
    if (details.uid !== uid)
      return sendPage(response, 400, sandboxPage('This sign-in is over', 'Go back to the terminal and log in again.'));
    const client = String(details.params['client_id'] ?? '');
    if (request.method !== 'POST') return sendPage(response, 200, signInPage(USERS, client, `/interaction/${uid}`));
    const form = new URLSearchParams(await readBody(request, 4096));
    const account = form.get('account') ?? '';
    if (form.has('deny')) {
      await provider.interactionFinished(request, response, {
        error: 'access_denied',
        error_description: 'the sign-in was cancelled',
      });
      return;
    }
    if (findUser(account) === undefined)
      return sendPage(response, 400, signInPage(USERS, client, `/interaction/${uid}`, 'Unknown user.'));
    await provider.interactionFinished(request, response, { login: { accountId: account } });
  };

  return {
    handle: async (request, response) => {
      const match = /^\/interaction\/([\w-]+)$/.exec((request.url ?? '').split('?')[0] ?? '');
      if (match?.[1] !== undefined) return interaction(request, response, match[1]);
      await callback(request, response);
    },
  };
}

function sendPage(response: ServerResponse, status: number, html: string): void {
  response
    .writeHead(status, {
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'; form-action *",
    })
    .end(html);
}
