/**
 * `docker credentials ACTION`, and the executable `docker-credential-zkubectl ACTION`: the protocol of docker-credential-helpers. The input comes on
 * stdin; the result, and also an error, go to stdout, where docker reads them.
 * Rules: the token is only for hosts of `docker.registries`, and over https. Nothing is stored for docker.
 */
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { CliError, ExitCode, UsageError } from '../../errors.ts';
import { isRecord } from '../../lib/json.ts';
import { readStdin } from '../../platform/terminal/stdin.ts';
import { VERSION } from '../../version.ts';
import { hostOf, isOneOf, registriesOf, urlOf } from './registries.ts';

const ACTIONS = ['get', 'store', 'erase', 'list', 'version'] as const;
type Action = (typeof ACTIONS)[number];

/** docker compares this text. */
const NOT_FOUND = 'credentials not found in native keychain';
const MAX_BYTES = 64 * 1024;

export const dockerCredentialsCommand: CommandDefinition<Action> = {
  texts: {
    summary: 'the credential helper that docker runs',
    description:
      "Speaks the protocol of docker's credential helpers on stdin and stdout: get, store, erase, list, version. docker runs it by the name docker-credential-zkubectl. For the hosts of docker.registries it gives the platform's token; it has no credentials of other hosts.",
    examples: ['echo registry.example.org | zkubectl docker credentials get'],
  },
  declare: command => {
    command.argument('<ACTION>', ACTIONS.join(', '));
  },
  options: ([word]) => {
    const action = ACTIONS.find(one => one === word);
    if (action !== undefined) return action;
    throw new UsageError(`unknown action ${word}: ${ACTIONS.join(', ')}`, { code: 'bad_action' });
  },
  // docker waits for the answer, and shows no question.
  login: () => ({ mayLogin: false }),
  run: async (ctx, action) => {
    try {
      return await answer(ctx, action);
    } catch (error) {
      if (!(error instanceof CliError) || error.exitCode === ExitCode.interrupted) throw error;
      ctx.io.stdout.write(`${error.message}${error.hint === undefined ? '' : `; ${error.hint}`}\n`);
      return error.exitCode;
    }
  },
};

async function answer(ctx: Context, action: Action): Promise<number> {
  const { stdout } = ctx.io;
  switch (action) {
    case 'version':
      stdout.write(`docker-credential-zkubectl ${VERSION}\n`);
      return ExitCode.ok;
    case 'list': {
      const registries = registriesOf(await ctx.config());
      stdout.write(`${JSON.stringify(Object.fromEntries(registries.map(host => [urlOf(host), 'oauth2'])))}\n`);
      return ExitCode.ok;
    }
    case 'get': {
      const server = await input(ctx);
      const host = hostOf(server);
      if (host === undefined || !isOneOf(registriesOf(await ctx.config()), host)) {
        stdout.write(`${NOT_FOUND}\n`);
        return ExitCode.failed;
      }
      const { token } = await ctx.platformToken();
      stdout.write(`${JSON.stringify({ ServerURL: server, Username: 'oauth2', Secret: token })}\n`);
      return ExitCode.ok;
    }
    case 'store':
      throw new CliError(`docker login is not needed for ${serverIn(await input(ctx))}: docker uses zkubectl's login`, {
        code: 'not_stored',
        hint: 'log in with zkubectl login',
      });
    case 'erase':
      throw new CliError(
        `nothing was erased: docker uses zkubectl's login for ${hostOf(await input(ctx)) ?? 'this registry'}`,
        {
          code: 'not_erased',
          hint: 'log out with zkubectl logout',
        },
      );
  }
}

async function input({ io }: Pick<Context, 'io'>): Promise<string> {
  const text = (await readStdin(io, MAX_BYTES)).toString('utf8').trim();
  if (text !== '') return text;
  throw new UsageError('no credentials server URL on stdin', { code: 'no_input' });
}

/** The server of a document that docker wants to store. The secret in it is not read. */
function serverIn(text: string): string {
  try {
    const document: unknown = JSON.parse(text);
    const server = isRecord(document) ? document['ServerURL'] : undefined;
    return typeof server === 'string' ? (hostOf(server) ?? 'this registry') : 'this registry';
  } catch {
    return 'this registry';
  }
}
