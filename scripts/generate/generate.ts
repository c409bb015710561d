/** Everything in this repository that is made from the commands' own definitions, as files and their contents. */
import fs from 'node:fs';
import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { NO_GLOBALS } from '../../src/argv/globals.ts';
import { Context } from '../../src/cli/context.ts';
import { COMPLETION_SHELLS } from '../../src/completion/candidates.ts';
import { completionScript, SCRIPT_FILES } from '../../src/completion/scripts.ts';
import { configSchema } from '../../src/config/schema.ts';
import type { Io } from '../../src/platform/io.ts';
import { createProgram } from '../../src/program.ts';
import { commandTable } from './command-table.ts';
import { manualPages, referenceMarkdown } from './reference.ts';

/** Paths from the root of the repository, and what each file holds. */
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
  files.set('src/completion/generated/commands.json', await commandTable(program));
  for (const shell of COMPLETION_SHELLS) files.set(`completions/${SCRIPT_FILES[shell]}`, completionScript(shell));
  files.set('docs/reference.md', referenceMarkdown(program, helpOf));
  for (const [name, text] of manualPages(program, helpOf, version)) files.set(`docs/man/${name}`, text);
  files.set('docs/config.schema.json', configSchema());
  return files;
}

/** The tree of all commands, in a world where nothing is and nothing is done. */
async function wholeProgram(write: (text: string) => void): Promise<Command> {
  const output: Io['stdout'] = { write: text => write(String(text)) };
  const refuse = () => Promise.reject(new Error('nothing is run here'));
  const io: Io = {
    stdin: Readable.from([]),
    stdout: output,
    stderr: output,
    isTTY: { stdin: false, stdout: false, stderr: false },
    columns: 80,
    env: {},
    cwd: '/nonexistent',
    home: '/nonexistent',
    platform: 'linux',
    arch: 'x64',
    self: { file: '/nonexistent', args: [] },
    signal: new AbortController().signal,
    prompt: { pick: refuse, confirm: refuse, input: refuse, secret: refuse },
    now: () => new Date(0),
    sleep: refuse,
    openBrowser: refuse,
    spawn: refuse,
    lookup: refuse,
    startDaemon: refuse,
  };
  return createProgram(new Context(io, NO_GLOBALS));
}
