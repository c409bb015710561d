/** `token [NAME [SCOPE…]]`: a bearer token on stdout, for curl: the platform's, a cluster's, or a named one. */

import type { BearerToken } from '../../auth/bearer.ts';
import { NamedTokens } from '../../auth/named-tokens.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { formatRfc3339 } from '../../lib/time.ts';
import { printObject, TOKEN_FORMATS } from '../../output/view.ts';

export interface TokenOptions {
  /** Undefined: the token of the platform or of a cluster. */
  readonly name: string | undefined;
  /** RFC 6749 section 3.3. */
  readonly scopes: readonly string[];
  readonly cluster: string | undefined;
  readonly forceRefresh: boolean;
}

export const tokenCommand: CommandDefinition<TokenOptions> = {
  texts: {
    summary: 'print a bearer token, for curl',
    description:
      'Prints the token of the platform, of a cluster, or a named token with scopes of its own. A named token is the first of these: the stored one if it is valid for five minutes or more, that of OAUTH2_ACCESS_TOKENS or $CREDENTIALS_DIR/NAME-token-secret (printed as it is), a new one by a refresh token or a login. Do not put a token on a command line, where other users can see it: let curl read the header from a pipe, as in the example.',
    examples: [
      'zkubectl token',
      `(printf 'Authorization: Bearer '; zkubectl token) | curl -H @- https://cluster-registry.example.org/kubernetes-clusters`,
      'zkubectl token --cluster foobarlab',
      'zkubectl token deploy deployment.read deployment.write',
    ],
  },
  formats: TOKEN_FORMATS,
  declare: command => {
    command
      .argument('[NAME]', 'a named token')
      .argument('[SCOPE...]', 'its scopes; default: those of the stored token, else auth.scopes')
      .option('--cluster <CLUSTER>', "a cluster's token instead of the platform's")
      .option('-r, --refresh', 'ignore the stored token');
  },
  options: readOptions,
  run: runToken,
};

function readOptions(
  [first, ...rest]: readonly string[],
  flags: { cluster?: string; refresh?: boolean },
): TokenOptions {
  const options = { name: first, scopes: rest, cluster: flags.cluster, forceRefresh: flags.refresh ?? false };
  if (first === undefined) return options;
  if (flags.cluster !== undefined)
    throw new UsageError('NAME and --cluster cannot be used together', {
      code: 'bad_usage',
      hint: `zkubectl token ${first}`,
    });
  if (!/^[A-Za-z0-9][A-Za-z0-9._@-]{0,99}$/.test(first))
    throw new UsageError(`${first} cannot be the name of a token`, {
      code: 'bad_name',
      hint: 'a letter or digit, then letters, digits and . _ - @, 100 at most',
    });
  // RFC 6749 section 3.3: scope-token.
  for (const scope of rest)
    if (!/^[\x21\x23-\x5b\x5d-\x7e]+$/.test(scope))
      throw new UsageError('a scope has no spaces, quotes or backslashes', { code: 'bad_scope' });
  return options;
}

/** The token with its facts, for -o json and tsv. */
interface PrintedToken extends BearerToken {
  readonly name?: string;
  readonly scopes?: readonly string[];
}

async function runToken(ctx: Context, options: TokenOptions): Promise<void> {
  // ztoken's -n is a name, and ours a namespace: the platform's token would be the wrong one.
  if (ctx.globals.namespace !== undefined)
    throw new UsageError('a token has no namespace', {
      code: 'bad_flag',
      hint: `for a named token: zkubectl token ${ctx.globals.namespace}`,
    });
  const { token, expiresAt, name, scopes } = await tokenOf(ctx, options);
  const scope = scopes?.join(' ');
  const expires = expiresAt && formatRfc3339(expiresAt);
  switch (ctx.globals.output) {
    case 'json': {
      // The names of RFC 6749 section 5.1. expires_in is in seconds.
      const left = expiresAt && Math.floor((expiresAt.getTime() - ctx.io.now().getTime()) / 1000);
      const fields = { access_token: token, token_type: 'Bearer', expires_in: left ?? null, scope: scope ?? null };
      return printObject(ctx.io, 'Token', { name: name ?? null, ...fields, expiresAt: expires ?? null }, 'json');
    }
    case 'tsv':
      ctx.io.stdout.write(
        `name\taccess_token\texpires_at\tscope\n${[name, token, expires, scope].map(cell => cell ?? '').join('\t')}\n`,
      );
      return;
    default:
      ctx.io.stdout.write(`${token}\n`);
  }
}

async function tokenOf(ctx: Context, { name, scopes, cluster, forceRefresh }: TokenOptions): Promise<PrintedToken> {
  if (name !== undefined) {
    const { bearer, ...facts } = await new NamedTokens(await ctx.tokens()).get({ name, scopes, forceRefresh });
    return { ...bearer, ...facts };
  }
  if (cluster === undefined) return ctx.platformToken({ forceRefresh });
  if (forceRefresh) await ctx.credentials.renew(cluster);
  return ctx.credentials.bearerFor(cluster, undefined);
}
