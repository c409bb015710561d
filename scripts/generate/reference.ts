/** The command reference (Markdown) and the manual pages (roff), from the command tree. */
import type { Command, Option } from 'commander';
import { CONFIG_KEYS, envName } from '../../src/config/keys.ts';
import { isGlobalFlag } from './command-table.ts';

interface Page {
  /** `cluster-access request` */
  readonly name: string;
  readonly summary: string;
  readonly usage: string;
  readonly description: string;
  readonly items: readonly { readonly term: string; readonly text: string }[];
  readonly examples: readonly string[];
}

/** One page for each command that can be typed; of a group, its subcommands. */
function pagesOf(command: Command, helpOf: (command: Command) => string, parents = ''): Page[] {
  const name = `${parents}${command.name()}`;
  if (command.commands.length > 0) return command.commands.flatMap(sub => pagesOf(sub, helpOf, `${name} `));
  const help = helpOf(command);
  const examples = help.split('\nExamples:\n')[1] ?? '';
  const options = command.options.filter(option => !isGlobalFlag(option) || isFormat(option));
  return [
    {
      name,
      summary: command.summary(),
      usage: /^Usage: (.*)$/m.exec(help)?.[1]?.replace(' [options]', ' [FLAGS]') ?? name,
      description: command.description(),
      items: [
        ...command.registeredArguments.map(argument => ({ term: argument.name(), text: argument.description })),
        ...options.map(option => ({ term: option.flags, text: textOf(option) })),
      ],
      examples: examples
        .split('\n')
        .map(line => line.trim())
        .filter(Boolean),
    },
  ];
}

function isFormat(option: Option): boolean {
  return option.long === '--output' && !option.hidden;
}

function textOf(option: Option): string {
  const choices = option.argChoices ? `: ${option.argChoices.join(', ')}` : '';
  const fallback =
    typeof option.defaultValue === 'string' && option.defaultValue !== '' ? ` (default: ${option.defaultValue})` : '';
  return `${option.description}${choices}${fallback}`;
}

function globalItems(program: Command): { term: string; text: string }[] {
  return program.options.filter(isGlobalFlag).map(option => ({ term: option.flags, text: option.description }));
}

export function referenceMarkdown(program: Command, helpOf: (command: Command) => string): string {
  const pages = program.commands.flatMap(command => pagesOf(command, helpOf));
  const list = (items: Page['items']) =>
    items.map(({ term, text }) => `- \`${term}\`: ${escapeMarkdown(text)}\n`).join('');
  const sections = pages.map(
    page =>
      `## zkubectl ${page.name}\n\n\`\`\`\n${page.usage}\n\`\`\`\n\n${escapeMarkdown(page.description)}\n\n${
        page.items.length > 0 ? `${list(page.items)}\n` : ''
      }\`\`\`sh\n${page.examples.join('\n')}\n\`\`\`\n`,
  );
  return `# Command reference

Made from the program itself by \`npm run completions\`: what \`zkubectl COMMAND --help\` says, on one page. Anything that is not here is kubectl's.

Every command takes these, before or after its name:

${list(globalItems(program))}
${sections.join('\n')}`;
}

function escapeMarkdown(text: string): string {
  return text.replace(/([<>*_|])/g, '\\$1');
}

/** Manual pages by the name of their file: `zkubectl.1`, and one for each command or group of commands. */
export function manualPages(
  program: Command,
  helpOf: (command: Command) => string,
  version: string,
): Map<string, string> {
  const pages = new Map<string, string>();
  pages.set('zkubectl.1', overview(program, version));
  for (const command of program.commands) {
    const parts = pagesOf(command, helpOf);
    const title = `zkubectl-${command.name()}`;
    pages.set(
      `${title}.1`,
      `${header(title, version)}.SH NAME\n${roff(title)} \\- ${roff(command.summary())}\n${parts.map(part => section(part, parts.length > 1)).join('')}.SH GLOBAL FLAGS\n${definitions(globalItems(program))}.SH SEE ALSO\n.BR zkubectl (1)\n`,
    );
  }
  return pages;
}

function overview(program: Command, version: string): string {
  const commands = program.commands.map(command => ({ term: command.name(), text: command.summary() }));
  const variables = CONFIG_KEYS.map(key => ({ term: envName(key.path), text: `${key.path}: ${key.help}` }));
  return `${header('zkubectl', version)}.SH NAME
zkubectl \\- one command for many Kubernetes clusters
.SH SYNOPSIS
.B zkubectl
COMMAND [FLAGS]
.br
.B zkubectl
any kubectl command
.SH DESCRIPTION
${roff(program.description())}
Everything that is no command of its own is kubectl, unchanged.
.SH COMMANDS
${definitions(commands)}.SH GLOBAL FLAGS
${definitions(globalItems(program))}.SH ENVIRONMENT
Every key of the configuration has a variable.
${definitions(variables)}.SH EXIT STATUS
0 done, 1 failed, 2 wrong usage or configuration, 3 no such cluster, context or request, 4 not logged in, 5 the server said no, 6 unreachable, 8 still
waiting for approval, 70 a bug, 130 interrupted. For kubectl and plugins: their own.
.SH SEE ALSO
${program.commands.map(command => `.BR ${roff(`zkubectl-${command.name()}`)} (1)`).join(',\n')}
`;
}

function header(title: string, version: string): string {
  return `.\\" Made from the program itself by \`npm run completions\`.\n.TH ${title.toUpperCase()} 1 "" "zkubectl ${version}" "zkubectl"\n`;
}

function section(page: Page, isNamed: boolean): string {
  const named = isNamed ? `.SH ${roff(`zkubectl ${page.name}`.toUpperCase())}\n` : '.SH SYNOPSIS\n';
  const description = page.description.split('\n').filter(Boolean).map(roff).join('\n.br\n');
  const examples = page.examples.map(example => `.nf\n${roff(example)}\n.fi\n`).join('');
  return `${named}.B ${roff(page.usage)}\n${isNamed ? '.PP\n' : '.SH DESCRIPTION\n'}${description}\n${definitions(page.items)}.PP\nExamples:\n.PP\n${examples}`;
}

function definitions(items: Page['items']): string {
  return items.map(({ term, text }) => `.TP\n.B ${roff(term)}\n${roff(text)}\n`).join('');
}

/** Text that roff takes as it is: no request, no escape, and dashes that can be copied. */
function roff(text: string): string {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1');
}
