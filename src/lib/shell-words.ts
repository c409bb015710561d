/** Words and lines for shells, there to be copied or evaluated. */

/** The text in single quotes. */
export function quotePosix(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The word as it is where a shell leaves it alone, else in quotes. */
export function shellWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : quotePosix(word);
}

/** The dialects of lines that a shell evaluates. `sh` is for bash, zsh and their like. */
export const SHELLS = ['sh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

/** The text as one literal word. */
export function quoteFor(shell: Shell, text: string): string {
  if (shell === 'fish') return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
  return shell === 'powershell' ? `'${text.replaceAll("'", "''")}'` : quotePosix(text);
}

/** Sets a variable for the shell and all that it starts. */
export function setLine(shell: Shell, name: string, value: string): string {
  const quoted = quoteFor(shell, value);
  if (shell === 'fish') return `set -gx ${name} ${quoted}`;
  return shell === 'powershell' ? `$env:${name} = ${quoted}` : `export ${name}=${quoted}`;
}

export function unsetLine(shell: Shell, name: string): string {
  if (shell === 'fish') return `set -e ${name}`;
  return shell === 'powershell' ? `Remove-Item Env:${name}` : `unset ${name}`;
}

/** What is typed so that the shell evaluates what a command prints. */
export function evalLine(shell: Shell, command: string): string {
  if (shell === 'fish') return `${command} --shell fish | source`;
  return shell === 'powershell' ? `${command} | Out-String | Invoke-Expression` : `eval "$(${command})"`;
}
