/** The arguments of `credentials`, as kubeconfigs contain them. */

export interface CredentialsOptions {
  readonly cluster: string | undefined;
  readonly clientId: string | undefined;
}

/** Parses the simple forms that kubeconfigs contain, without loading commander. Undefined: any other form. */
export function parseCredentialsFast(argv: readonly string[]): CredentialsOptions | undefined {
  let cluster: string | undefined;
  let clientId: string | undefined;
  if (argv[0] !== 'credentials') return undefined;
  for (let i = 1; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--okta-auth-client-id' && argv[i + 1] !== undefined) clientId = argv[++i];
    else if (arg.startsWith('-') || cluster !== undefined) return undefined;
    else cluster = arg;
  }
  return cluster === undefined && clientId === undefined ? undefined : { cluster, clientId };
}
