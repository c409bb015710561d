/** Generates llms.txt (llmstxt.org): what the program is, its pages, and its commands, for tools that read text. */
import fs from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';

export function llmsText(program: Command): string {
  const pages = fs
    .readdirSync('docs')
    .filter(name => name.endsWith('.md') && name !== 'README.md')
    .map(name => {
      const [title = ''] = fs.readFileSync(path.join('docs', name), 'utf8').split('\n');
      return `- [${title.replace(/^# /, '')}](docs/${name})\n`;
    });
  return `# zkubectl

> ${program.description()} It wraps kubectl: every command that is not its own goes to kubectl unchanged.

Exit codes: 0 done, 1 failed or answered with no, 2 usage or configuration, 3 not found, 4 not logged in, 5 forbidden, 6 unreachable, 8 waiting for approval, 9 stopped before all clusters were done.
Data goes to stdout, messages to stderr. \`-o json\` is stable. The command tree as JSON: \`zkubectl help --all -o json\`.

## Commands

${program.commands.flatMap(command => linesOf(command, 'zkubectl ')).join('')}
## Docs

${pages.join('')}`;
}

function linesOf(command: Command, parents: string): string[] {
  const words = command.registeredArguments.map(one => (one.required ? `<${one.name()}>` : `[${one.name()}]`));
  const name = `${parents}${command.name()}`;
  const own = `- \`${[name, ...words].join(' ')}\`: ${command.summary()}\n`;
  return [own, ...command.commands.flatMap(sub => linesOf(sub, `${name} `))];
}
