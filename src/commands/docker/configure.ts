/** `docker configure [HOST…]`: makes zkubectl docker's credential helper for hosts, in docker's configuration. Other hosts stay as they are. */
import path from 'node:path';
import { confirmOrFail } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { readForeign, writeForeign } from '../../cli/foreign-file.ts';
import { CliError, messageOf, UsageError } from '../../errors.ts';
import { isRecord, recordAt } from '../../lib/json.ts';
import { withLock } from '../../platform/files/lock.ts';
import { executablesOnPath } from '../../platform/files/path-search.ts';
import { lockDir } from '../../platform/files/paths.ts';
import { hostOf, registriesOf } from './registries.ts';

const HELPER = 'docker-credential-zkubectl';
const LOCK_TIMEOUT_MS = 10_000;

export const dockerConfigureCommand: CommandDefinition<readonly string[]> = {
  texts: {
    summary: "make docker use zkubectl's login for registries",
    description:
      'Writes zkubectl as the credential helper of hosts into the configuration of docker (credHelpers). Without a host: all of docker.registries. Other settings are kept.',
    examples: ['zkubectl docker configure', 'zkubectl docker configure registry.example.org'],
  },
  declare: command => {
    command.argument('[HOST...]', 'hosts of docker.registries; default: all');
  },
  options: hosts => hosts,
  run: async (ctx, typed) => {
    const hosts = hostsOf(registriesOf(await ctx.config()), typed);
    requireHelper(ctx);
    const file = path.join(ctx.io.env['DOCKER_CONFIG'] || path.join(ctx.io.home, '.docker'), 'config.json');
    const helpers = recordAt(read(file).document, 'credHelpers');
    const foreign = hosts.filter(host => helpers[host] !== undefined && helpers[host] !== 'zkubectl');
    const named = foreign.map(host => `${host} (${String(helpers[host])})`).join(', ');
    if (foreign.length > 0 && !(await confirmOrFail(ctx, `other helpers are set for ${named}. Replace?`)))
      throw new CliError('nothing was changed', { code: 'declined' });
    await withLock(ctx.io, lockDir(ctx.paths.state, 'docker-config'), { timeoutMs: LOCK_TIMEOUT_MS }, async () =>
      write(file, hosts),
    );
    ctx.messages.say(`docker now uses zkubectl's login for ${hosts.join(', ')} (${file})`);
  },
};

/** Throws UsageError (2) when a host is not one of docker.registries: zkubectl would give it no token. */
function hostsOf(registries: readonly string[], typed: readonly string[]): readonly string[] {
  const hosts = typed.length === 0 ? registries : typed.map(word => hostOf(word) ?? word);
  const unknown = hosts.filter(host => !registries.includes(host));
  if (hosts.length > 0 && unknown.length === 0) return hosts;
  const all = [...new Set([...registries, ...(typed.length === 0 ? ['registry.example.org'] : hosts)])];
  throw new UsageError(
    hosts.length === 0 ? 'docker.registries is not configured' : `not one of docker.registries: ${unknown.join(', ')}`,
    { code: 'not_configured', hint: `zkubectl configure docker.registries=${all.join(',')}` },
  );
}

/** Throws CliError (1) when docker would not find the helper. */
function requireHelper({ io }: Pick<Context, 'io'>): void {
  if ([...executablesOnPath(io, HELPER, ['.exe', '.cmd'])].length > 0) return;
  const own = path.dirname(io.self.file);
  const folder = (io.env['PATH'] ?? '').split(path.delimiter).includes(own) ? own : '~/.local/bin';
  throw new CliError(`docker would not find zkubectl: there is no ${HELPER} on PATH`, {
    code: 'no_helper',
    hint: `make the link in a folder of PATH: ln -s ${io.self.file} ${path.join(folder, HELPER)}`,
  });
}

/** Docker's configuration and its indentation. Throws CliError (1) when it cannot be read: it then stays as it is. */
function read(file: string): { document: Record<string, unknown>; indent: string } {
  const text = readForeign(file);
  if (text === undefined || text.trim() === '') return { document: {}, indent: '\t' };
  let document: unknown;
  try {
    document = JSON.parse(text);
  } catch (error) {
    throw new CliError(`${file} is not JSON: ${messageOf(error)}`, { code: 'bad_docker_config', cause: error });
  }
  if (!isRecord(document)) throw new CliError(`${file} is not a JSON object`, { code: 'bad_docker_config' });
  if (document['credHelpers'] !== undefined && !isRecord(document['credHelpers']))
    throw new CliError(`credHelpers in ${file} is not an object`, { code: 'bad_docker_config' });
  // Writing it again would round the number.
  if (/[:[,]\s*-?\d{16,}/.test(text))
    throw new CliError(`${file} has a number that cannot be kept exactly`, {
      code: 'bad_docker_config',
      hint: 'add the host yourself: "credHelpers": {"HOST": "zkubectl"}',
    });
  return { document, indent: /^\{\r?\n([ \t]+)/.exec(text)?.[1] ?? '\t' };
}

function write(file: string, hosts: readonly string[]): void {
  const { document, indent } = read(file);
  const helpers = {
    ...recordAt(document, 'credHelpers'),
    ...Object.fromEntries(hosts.map(host => [host, 'zkubectl'])),
  };
  const after = { ...document, credHelpers: helpers };
  if (JSON.stringify(after) === JSON.stringify(document)) return;
  writeForeign(file, `${JSON.stringify(after, null, indent)}\n`);
}
