/** The name under which this program was started: a link `kubectl-login` is `zkubectl login`, so that `kubectl login` works as with upstream. */
import path from 'node:path';

/** The command that the name stands for. Undefined: the arguments name it. */
export function entryCommand(file: string): string | undefined {
  return /^kubectl-(login|traffic)(\.exe|\.js)?$/.exec(path.basename(file))?.[1];
}

/** The arguments of this run, with the command of the entry point. @param entry the script; undefined: an executable */
export function ownArgv(entry: string | undefined): string[] {
  const command = entryCommand(entry === undefined ? process.argv0 : (process.argv[1] ?? entry));
  return [...(command === undefined ? [] : [command]), ...process.argv.slice(2)];
}
