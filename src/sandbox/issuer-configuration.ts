/** The oidc-provider configuration of the sandbox's issuer: clients, claims, scopes and lifetimes. */

import type { Configuration, interactionPolicy, KoaContextWithOIDC } from 'oidc-provider';
import { CLUSTER_CLIENT_PREFIX, EVERY_CLUSTER, MACHINE_CLIENT, PLATFORM_CLIENT } from './clients.ts';
import { type IssuerSettings, StateAdapter } from './issuer-state.ts';
import { sandboxPage } from './sign-in-page.ts';
import { findUser, MACHINE_GROUP } from './users.ts';

export const SCOPES = ['openid', 'offline_access', 'email', 'profile', 'groups'];
const RESOURCE = 'https://sandbox.invalid/';

export function configuration(settings: IssuerSettings, policy: interactionPolicy.DefaultPolicy): Configuration {
  const { state } = settings;
  const ttlOf = (user: string | undefined, clientId: string): number => {
    const until = user === undefined ? undefined : settings.groupsOf(user, clientId).until;
    if (until === undefined) return settings.tokenTtlSeconds;
    // A token expires no later than the grant that it contains.
    return Math.max(1, Math.min(settings.tokenTtlSeconds, Math.floor((until - settings.now().getTime()) / 1000)));
  };
  const accountOf = (ctx: KoaContextWithOIDC) => ctx.oidc.account?.accountId;
  return {
    adapter: model => new StateAdapter(model, settings),
    jwks: state.value.jwks as unknown as NonNullable<Configuration['jwks']>,
    cookies: { keys: [state.value.cookieKey], long: { signed: true }, short: { signed: true } },
    scopes: SCOPES,
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'], groups: ['groups'] },
    conformIdTokenClaims: false,
    pkce: { required: () => true, methods: ['S256'] },
    clientDefaults: { id_token_signed_response_alg: 'RS256' },
    responseTypes: ['code'],
    rotateRefreshToken: true,
    // Native clients may not send prompt=consent, and without it oidc-provider drops offline_access. So issue the refresh token here.
    issueRefreshToken: async (_ctx, client) => client.grantTypeAllowed('refresh_token'),
    ttl: {
      AccessToken: settings.tokenTtlSeconds,
      ClientCredentials: settings.tokenTtlSeconds,
      AuthorizationCode: 60,
      DeviceCode: 600,
      Grant: 14 * 86_400,
      IdToken: (ctx: KoaContextWithOIDC, _token, client) => ttlOf(accountOf(ctx), client.clientId),
      Interaction: 600,
      RefreshToken: 14 * 86_400,
      Session: 86_400,
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      revocation: { enabled: true },
      rpInitiatedLogout: { enabled: false },
      resourceIndicators: {
        enabled: true,
        // The access tokens of the platform and of machines are JWTs. A cluster takes ID tokens.
        defaultResource: (_ctx, client) =>
          (client.grantTypeAllowed('client_credentials') || client.clientId === PLATFORM_CLIENT
            ? RESOURCE
            : []) as string,
        useGrantedResource: () => true,
        getResourceServerInfo: (_ctx, _resource, client) => ({
          scope: SCOPES.join(' '),
          audience: client.clientId.startsWith(`${MACHINE_CLIENT}.`)
            ? `${CLUSTER_CLIENT_PREFIX}${client.clientId.slice(MACHINE_CLIENT.length + 1)}`
            : PLATFORM_CLIENT,
          accessTokenFormat: 'jwt',
          jwt: { sign: { alg: 'RS256' } },
        }),
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: async (ctx, form, _out, error) => {
          const trouble = error === undefined ? '' : '<p>The code is invalid or expired.</p>';
          ctx.body = sandboxPage(
            'Log in on another device',
            'Enter the code that the terminal shows.',
            `${trouble}${form}<button type="submit" form="op.deviceInputForm">Continue</button>`,
          );
        },
        userCodeConfirmSource: async (ctx, form, client, _info, userCode) => {
          ctx.body = sandboxPage(
            'Is this your terminal?',
            `${client.clientId} wants to log in. The terminal must show this code: ${userCode}`,
            `${form}<button type="submit" form="op.deviceConfirmForm" autofocus>Yes, continue</button> <button type="submit" form="op.deviceConfirmForm" name="abort" value="yes">No</button>`,
          );
        },
        successSource: async ctx => {
          ctx.body = sandboxPage('You are logged in', 'You can close this tab and go back to the terminal.');
        },
      },
    },
    formats: {
      customizers: {
        // The machine's token is for the platform and every cluster: clients that send one token everywhere get through.
        jwt: (_ctx, token, parts) => {
          if (token.kind === 'ClientCredentials' && token.clientId === MACHINE_CLIENT)
            parts.payload['aud'] = [PLATFORM_CLIENT, EVERY_CLUSTER];
          return parts;
        },
      },
    },
    interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (ctx, id) => {
      const user = findUser(id);
      if (user === undefined) return undefined;
      return {
        accountId: id,
        claims: () => {
          const { groups } = settings.groupsOf(id, ctx.oidc.client?.clientId ?? '');
          return { sub: id, email: user.email, email_verified: true, name: user.name, groups };
        },
      };
    },
    extraTokenClaims: (_ctx, token) => {
      if (token.kind === 'ClientCredentials') return { groups: [MACHINE_GROUP] };
      const user = 'accountId' in token ? findUser(String(token.accountId)) : undefined;
      return user && { email: user.email, groups: settings.groupsOf(user.id, PLATFORM_CLIENT).groups };
    },
    // No consent page: signing in is the consent.
    loadExistingGrant: async ctx => {
      const { client, provider, session } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const existing = session.grantIdFor(client.clientId);
      const found = existing === undefined ? undefined : await provider.Grant.find(existing);
      if (found) return found;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(SCOPES.join(' '));
      grant.addResourceScope(RESOURCE, SCOPES.join(' '));
      await grant.save();
      return grant;
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = sandboxPage('Login failed', `${out.error}: ${out.error_description ?? ''}`);
    },
  };
}
