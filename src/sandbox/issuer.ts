/**
 * The OpenID Connect issuer of the sandbox, by the certified oidc-provider: authorization code with PKCE, device flow, client credentials, refresh
 * token rotation, revocation, groups in the ID token. People sign in on a small page as one of the sandbox's users.
 */
import { randomBytes, webcrypto } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { JSONWebKeySet } from 'jose';
import type { Adapter, AdapterPayload, Configuration, interactionPolicy, KoaContextWithOIDC } from 'oidc-provider';
import { readBody } from '../platform/net/server.ts';
import type { JsonDocument } from './documents.ts';
import { sandboxPage, signInPage } from './sign-in-page.ts';
import { findUser, MACHINE_GROUP, USERS } from './users.ts';

export const PLATFORM_CLIENT = 'zkubectl';
export const CLUSTER_CLIENT_PREFIX = 'kubernetes.cluster.';
export const MACHINE_CLIENT = 'ci';
const SCOPES = ['openid', 'offline_access', 'email', 'profile', 'groups'];
const MACHINE_RESOURCE = 'https://sandbox.invalid/';
const DEVICE_POLL_SECONDS = 1;

export interface IssuerState {
  jwks: { keys: Record<string, unknown>[] };
  cookieKey: string;
  clientSecret: string;
  /** oidc-provider's own records by model and id. */
  records: Record<string, { payload: AdapterPayload; expiresAt: number | undefined }>;
}

export async function newIssuerState(): Promise<IssuerState> {
  const keys = await webcrypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  const jwk = await webcrypto.subtle.exportKey('jwk', keys.privateKey);
  return {
    jwks: {
      keys: [
        {
          kty: jwk.kty,
          n: jwk.n,
          e: jwk.e,
          d: jwk.d,
          p: jwk.p,
          q: jwk.q,
          dp: jwk.dp,
          dq: jwk.dq,
          qi: jwk.qi,
          alg: 'RS256',
          use: 'sig',
          kid: randomBytes(8).toString('hex'),
        },
      ],
    },
    cookieKey: randomBytes(32).toString('hex'),
    clientSecret: randomBytes(24).toString('base64url'),
    records: {},
  };
}

/** The public half of the keys. */
export function publicJwks(state: IssuerState): JSONWebKeySet {
  return {
    keys: state.jwks.keys.map(({ kty, n, e, alg, use, kid }) => ({ kty, n, e, alg, use, kid })),
  } as JSONWebKeySet;
}

export interface IssuerSettings {
  readonly url: string;
  readonly state: JsonDocument<IssuerState>;
  readonly now: () => Date;
  readonly tokenTtlSeconds: number;
  /** Groups of a user in the token of a client, and when the first of his grants among them ends (milliseconds). */
  readonly groupsOf: (user: string, clientId: string) => { groups: string[]; until: number | undefined };
  readonly isCluster: (alias: string) => boolean;
}

export interface IssuerServer {
  handle(request: IncomingMessage, response: ServerResponse): Promise<void>;
  /** The subject of an opaque access token. */
  lookup(token: string): Promise<{ subject: string } | undefined>;
}

export async function createIssuer(settings: IssuerSettings): Promise<IssuerServer> {
  const { default: Provider, interactionPolicy } = await import('oidc-provider');
  const policy = interactionPolicy.base();
  // Native clients are not asked a second time: signing in is the consent.
  policy.get('consent')?.checks.remove('native_client_prompt');
  const provider = new Provider(settings.url, configuration(settings, policy));
  provider.use(async (ctx, next) => {
    await next();
    const { body } = ctx;
    if (typeof body === 'object' && body !== null && 'device_code' in body)
      ctx.body = { ...body, interval: DEVICE_POLL_SECONDS };
  });
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
      return sendPage(response, 400, signInPage(USERS, client, `/interaction/${uid}`, 'Pick one of the users.'));
    await provider.interactionFinished(request, response, { login: { accountId: account } });
  };

  return {
    handle: async (request, response) => {
      const match = /^\/interaction\/([\w-]+)$/.exec((request.url ?? '').split('?')[0] ?? '');
      if (match?.[1] !== undefined) return interaction(request, response, match[1]);
      await callback(request, response);
    },
    lookup: async token => {
      const found = await provider.AccessToken.find(token);
      return found && { subject: found.accountId };
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

/** The metadata of a client; cluster clients exist as long as their cluster does. */
function clientMetadata(id: string, settings: IssuerSettings): AdapterPayload | undefined {
  const isKnownCluster = (prefix: string) => id.startsWith(prefix) && settings.isCluster(id.slice(prefix.length));
  if (id === PLATFORM_CLIENT || isKnownCluster(CLUSTER_CLIENT_PREFIX)) {
    return {
      client_id: id,
      client_name: id,
      application_type: 'native',
      token_endpoint_auth_method: 'none',
      // Loopback ports are free to vary (RFC 8252 section 7.3).
      redirect_uris: [
        'http://127.0.0.1/callback',
        'http://[::1]/callback',
        'http://localhost/callback',
        'http://localhost',
        'http://localhost:8000',
      ],
      response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token', 'urn:ietf:params:oauth:grant-type:device_code'],
    } as AdapterPayload;
  }
  if (id === MACHINE_CLIENT || isKnownCluster(`${MACHINE_CLIENT}.`)) {
    return {
      client_id: id,
      client_name: id,
      client_secret: settings.state.value.clientSecret,
      token_endpoint_auth_method: 'client_secret_basic',
      redirect_uris: [],
      response_types: [],
      grant_types: ['client_credentials'],
    } as AdapterPayload;
  }
  return undefined;
}

function configuration(settings: IssuerSettings, policy: interactionPolicy.DefaultPolicy): Configuration {
  const { state } = settings;
  const ttlOf = (user: string | undefined, clientId: string): number => {
    const until = user === undefined ? undefined : settings.groupsOf(user, clientId).until;
    if (until === undefined) return settings.tokenTtlSeconds;
    // A token never outlives a grant that it carries.
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
    // Native clients may not send prompt=consent, without which offline_access would be dropped.
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
        defaultResource: (_ctx, client) =>
          (client.grantTypeAllowed('client_credentials') ? MACHINE_RESOURCE : []) as string,
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
          const trouble = error === undefined ? '' : '<p>That code is not known, or not any more.</p>';
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
    extraTokenClaims: (_ctx, token) => (token.kind === 'ClientCredentials' ? { groups: [MACHINE_GROUP] } : undefined),
    // Nobody is asked whether zkubectl may see who they are: signing in is the consent.
    loadExistingGrant: async ctx => {
      const { client, provider, session } = ctx.oidc;
      if (client === undefined || session?.accountId === undefined) return undefined;
      const existing = session.grantIdFor(client.clientId);
      const found = existing === undefined ? undefined : await provider.Grant.find(existing);
      if (found) return found;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope(SCOPES.join(' '));
      await grant.save();
      return grant;
    },
    renderError: async (ctx, out) => {
      ctx.type = 'html';
      ctx.body = sandboxPage('This did not work', `${out.error}: ${out.error_description ?? ''}`);
    },
  };
}

/** oidc-provider's records in the sandbox's state. */
class StateAdapter implements Adapter {
  readonly #model: string;
  readonly #settings: IssuerSettings;

  constructor(model: string, settings: IssuerSettings) {
    this.#model = model;
    this.#settings = settings;
  }

  get #records() {
    return this.#settings.state.value.records;
  }

  #now(): number {
    return this.#settings.now().getTime();
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    for (const [key, { expiresAt }] of Object.entries(this.#records)) {
      if (expiresAt !== undefined && expiresAt <= this.#now()) delete this.#records[key];
    }
    this.#records[this.#key(id)] = { payload, expiresAt: expiresIn ? this.#now() + expiresIn * 1000 : undefined };
    this.#settings.state.changed();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.#model === 'Client') return clientMetadata(id, this.#settings);
    return this.#live(this.#records[this.#key(id)]);
  }

  #live(record: IssuerState['records'][string] | undefined): AdapterPayload | undefined {
    if (record === undefined || (record.expiresAt !== undefined && record.expiresAt <= this.#now())) return undefined;
    return record.payload;
  }

  async #findBy(field: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    const entry = Object.entries(this.#records).find(
      ([key, { payload }]) => key.startsWith(`${this.#model}:`) && payload[field] === value,
    );
    return this.#live(entry?.[1]);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('userCode', userCode);
  }

  async consume(id: string): Promise<void> {
    const record = this.#records[this.#key(id)];
    if (record) record.payload['consumed'] = Math.floor(this.#now() / 1000);
    this.#settings.state.changed();
  }

  async destroy(id: string): Promise<void> {
    delete this.#records[this.#key(id)];
    this.#settings.state.changed();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { payload }] of Object.entries(this.#records))
      if (payload.grantId === grantId) delete this.#records[key];
    this.#settings.state.changed();
  }
}
