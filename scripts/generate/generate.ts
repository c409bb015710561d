/** Generates all files of this repository that are made from the command definitions. */
import fs from 'node:fs';
import type { Command } from 'commander';
import { COMPLETION_SHELLS } from '../../src/completion/candidates.ts';
import { completionScript, SCRIPT_FILES } from '../../src/completion/scripts.ts';
import { configSchema } from '../../src/config/schema.ts';
import { createProgram } from '../../src/program.ts';
import { commandTable } from './command-table.ts';
import { llmsText } from './llms.ts';
import { manualPages, referenceMarkdown } from './reference.ts';

/** The generated files: paths relative to the repository, and contents. */
export async function generatedFiles(): Promise<Map<string, string>> {
  let written = '';
  const program = await wholeProgram(text => {
    written += text;
  });
  const helpOf = (command: Command) => {
    written = '';
    command.outputHelp();
    return written;
  };
  const { version } = JSON.parse(fs.readFileSync('package.json', 'utf8')) as { version: string };
  const files = new Map<string, string>();
  files.set('src/completion/generated/commands.json', commandTable(program));
  for (const shell of COMPLETION_SHELLS) files.set(`completions/${SCRIPT_FILES[shell]}`, completionScript(shell));
  files.set('docs/reference.md', referenceMarkdown(program, helpOf));
  for (const [name, text] of manualPages(program, helpOf, version)) files.set(`docs/man/${name}`, text);
  files.set('docs/config.schema.json', configSchema());
  files.set('llms.txt', llmsText(program));
  return files;
}

/** The tree of all commands. */
async function wholeProgram(write: (text: string) => void): Promise<Command> {
  return createProgram({ stdout: { write: text => write(String(text)) }, columns: 80 });
}
