/** The token exchange of the sandbox's issuer (RFC 8693): the platform's access token for the ID token of a cluster. */
import type Provider from 'oidc-provider';
import { CLUSTER_CLIENT_PREFIX, TOKEN_EXCHANGE } from './clients.ts';

const ID_TOKEN = 'urn:ietf:params:oauth:token-type:id_token';
const PARAMETERS = ['subject_token', 'subject_token_type', 'requested_token_type', 'audience', 'scope'];

export function registerTokenExchange(
  provider: Provider,
  errors: typeof import('oidc-provider').errors,
  scope: string,
  subjectOf: (token: string) => Promise<string | undefined>,
): void {
  provider.registerGrantType(
    TOKEN_EXCHANGE,
    async (ctx, next) => {
      const { subject_token: subjectToken, requested_token_type: wanted, audience } = ctx.oidc.params ?? {};
      if (wanted !== ID_TOKEN) throw new errors.InvalidRequest('requested_token_type must be that of an ID token');
      const subject = await subjectOf(String(subjectToken));
      if (subject === undefined) throw new errors.InvalidGrant('the subject token is not valid');
      const name = String(audience);
      const target = name.startsWith(CLUSTER_CLIENT_PREFIX) ? await provider.Client.find(name) : undefined;
      if (target === undefined) throw new errors.InvalidTarget('the audience is not a cluster');
      // The claims and the lifetime of the token are those of the cluster's client.
      ctx.oidc.entity('Client', target);
      const account = await provider.Account.findAccount(ctx, subject);
      if (account === undefined) throw new errors.InvalidGrant('the user does not exist');
      ctx.oidc.entity('Account', account);
      const claims = await account.claims('id_token', scope, {}, []);
      const token = new provider.IdToken(claims, { ctx, client: target });
      Object.assign(token, { scope });
      const issued = await token.issue({ use: 'idtoken' });
      ctx.body = { access_token: issued, issued_token_type: ID_TOKEN, token_type: 'N_A' };
      await next();
    },
    PARAMETERS,
  );
}
