/** How a shell becomes a person of the sandbox: with its own home there, tokens, and a browser that signs in. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { makeDirs } from '../../platform/files/files.ts';
import type { Env } from '../../platform/io.ts';
import type { SandboxInfo } from '../../sandbox/sandbox-files.ts';

/** The machine that uses client credentials. */
export const MACHINE = 'ci';

/**
 * The variables that point zkubectl and kubectl at the sandbox. Makes the person's home.
 * @param person a user, or MACHINE. Undefined: whoever signs in
 */
export function personVariables(
  { io }: Pick<Context, 'io'>,
  dir: string,
  info: SandboxInfo,
  person: string | undefined,
): Map<string, string> {
  const variables = new Map<string, string>([
    ['ZKUBECTL_SANDBOX_DIR', dir],
    ['ZKUBECTL_CONFIG', info.configFile],
    ['KUBECONFIG', info.kubeconfig],
  ]);
  if (person === undefined) return variables;
  const home = personHome(dir, person);
  makeDirs(home);
  variables.set('KUBECONFIG', path.join(home, 'kubeconfig'));
  variables.set('ZKUBECTL_STATE_DIR', path.join(home, 'state'));
  variables.set('ZKUBECTL_CACHE_DIR', path.join(home, 'cache'));
  if (person !== MACHINE) {
    // A $BROWSER that signs in automatically: this program, with each word quoted for the shell.
    const browser = [io.self.file, ...io.self.args, 'sandbox', 'sign-in', '--user', person];
    variables.set('BROWSER', browser.map(shellWord).join(' '));
    return variables;
  }
  variables.set('ZKUBECTL_AUTH_FLOW', 'client-credentials');
  variables.set('ZKUBECTL_AUTH_CLIENT_ID', 'ci');
  variables.set('ZKUBECTL_AUTH_CLUSTER_CLIENT_ID', 'ci.{alias}');
  variables.set('ZKUBECTL_AUTH_CLIENT_SECRET_FILE', info.clientSecretFile);
  return variables;
}

export function personHome(dir: string, person: string): string {
  return path.join(dir, 'users', person);
}

/** The variables that override the sandbox's configuration, so that nobody practises on real clusters by accident. */
export function foreignVariables(env: Env): string[] {
  return Object.keys(env).filter(name => /^ZKUBECTL_(REGISTRY|AUTH|ACCESS|DASHBOARD|TLS|TOKEN)(_|$)/.test(name));
}
