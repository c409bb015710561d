/**
 * The name under which this program was started. A link `kubectl-login` is `zkubectl login`, so that `kubectl login` works as with upstream. A link
 * `docker-credential-zkubectl` is the credential helper that docker runs.
 */
import path from 'node:path';

/** The command that the name stands for. Undefined: the arguments name it. */
export function entryCommand(file: string): readonly string[] | undefined {
  const name = path.basename(file).replace(/\.(exe|js)$/, '');
  if (name === 'docker-credential-zkubectl') return ['docker', 'credentials'];
  const command = /^kubectl-(login|traffic)$/.exec(name)?.[1];
  return command === undefined ? undefined : [command];
}

/** The arguments of this run, with the command of the entry point. @param entry the script; undefined: an executable */
export function ownArgv(entry: string | undefined): string[] {
  const command = entryCommand(entry === undefined ? process.argv0 : (process.argv[1] ?? entry));
  return [...(command ?? []), ...process.argv.slice(2)];
}
