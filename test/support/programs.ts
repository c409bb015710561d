/** Programs of a test's own: shell scripts for PATH that write down what they were given. The one fake kubectl is one of them. */
import fs from 'node:fs';
import path from 'node:path';
import { makeTempDir } from './io.ts';

/** Writes a shell script that can be run; gives its path. */
export function writeProgram(file: string, script: string): string {
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

export interface Programs {
  /** The folder, for PATH. */
  readonly dir: string;
  /** What was run, a line each: `kubectl <get> <pods>`. */
  readonly log: () => string[];
  /** The arguments of every run of a program. */
  readonly argv: (name: string) => string[][];
}

/** @param scripts by the name of the program. They find the usual tools, and their own arguments in `$@` */
export function programs(scripts: Readonly<Record<string, string>>): Programs {
  const dir = makeTempDir();
  const log = path.join(dir, 'log');
  for (const [name, script] of Object.entries(scripts)) {
    const note = `{ printf '%s' '${name}'; for a in "$@"; do printf ' <%s>' "$a"; done; echo; } >> '${log}'`;
    writeProgram(path.join(dir, name), `${note}\nPATH=/usr/bin:/bin\n${script}`);
  }
  const lines = () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').slice(0, -1) : []);
  return {
    dir,
    log: lines,
    argv: name =>
      lines()
        .filter(line => line === name || line.startsWith(`${name} <`))
        .map(line => [...line.slice(name.length).matchAll(/ <([^>]*)>/g)].map(([, arg = '']) => arg)),
  };
}
