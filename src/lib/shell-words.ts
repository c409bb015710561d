/** Formats words and lines for shells, to be copied or evaluated. */

/** The text in single quotes. */
export function quotePosix(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Quotes a word only if the shell requires it. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quotePosix(word);
}

/** The supported shell languages. `sh` is for bash, zsh and other POSIX shells. */
export const SHELLS = ['sh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** The text as one literal word. */
export function quoteFor(shell: Shell, text: string): string {
  if (shell === 'fish') return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return shell === 'powershell' ? `'${text.replaceAll("'", "''")}'` : quotePosix(text);
}

/** Sets and exports a variable. */
export function setLine(shell: Shell, name: string, value: string): string {
  const quoted = quoteFor(shell, value);
  if (shell === 'fish') return `set -gx ${name} ${quoted}`;
  return shell === 'powershell' ? `$env:${name} = ${quoted}` : `export ${name}=${quoted}`;
}

export function unsetLine(shell: Shell, name: string): string {
  if (shell === 'fish') return `set -e ${name}`;
  return shell === 'powershell' ? `Remove-Item Env:${name}` : `unset ${name}`;
}

/** Writes a line to stderr when the code before it has run. */
export function sayLine(shell: Shell, text: string): string {
  const quoted = quoteFor(shell, text);
  return shell === 'powershell' ? `[Console]::Error.WriteLine(${quoted})` : `printf '%s\\n' ${quoted} >&2`;
}

/** Code that does nothing and fails with this exit code. */
export function failLine(shell: Shell, exitCode: number): string {
  // In a sourced file of fish, `return` sets the status of `source`.
  if (shell === 'fish') return `return ${exitCode}`;
  return shell === 'powershell' ? `throw 'zkubectl failed with exit code ${exitCode}'` : `(exit ${exitCode})`;
}

/** The line to type to evaluate the output of a command. */
export function evalLine(shell: Shell, command: string): string {
  if (shell === 'fish') return `${command} --shell fish | source`;
  return shell === 'powershell' ? `${command} | Out-String | Invoke-Expression` : `eval "$(${command})"`;
}
