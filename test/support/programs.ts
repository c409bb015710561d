/** Creates programs for a test: shell scripts on PATH that record their arguments, such as the fake kubectl. */
import fs from 'node:fs';
import path from 'node:path';
import { makeTempDir } from './io.ts';

/** Writes an executable shell script and returns its path. */
export function writeProgram(file: string, script: string): string {
  fs.writeFileSync(file, `#!/bin/sh\n${script}\n`, { mode: 0o755 });
  return file;
}

export interface Programs {
  /** The folder to put on PATH. */
  readonly dir: string;
  /** The recorded runs, one per line: `kubectl <get> <pods>`. */
  readonly log: () => string[];
  /** The arguments of every run of a program. */
  readonly argv: (name: string) => string[][];
}

/** @param scripts the scripts by program name. They can use the usual tools, and their arguments are in `$@` */
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
