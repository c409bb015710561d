// `npm run kubectl-flags`: reads the commands and flags from the help of the pinned kubectl and writes src/kubectl/generated/flags.json. A test
// compares the file with kubectl's help.
//
// A command's flags are one string: `all`, `all-namespaces:A` (short form), `output:o=` (takes a value), `dry-run?` (takes a value only after =).
import { execFile } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { realKubectl } from './kubectl.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const kubectl = await realKubectl();

function run(...args) {
  const env = { PATH: '', HOME: '/nonexistent', KUBECONFIG: '/dev/null', LC_ALL: 'C' };
  return new Promise(resolve => {
    execFile(kubectl, args, { env, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: error ? error.code : 0, stdout, stderr }),
    );
  });
}

/** Parses the flags in a help text: name, short form, default. */
export function flagsOfHelp(text) {
  return [...text.matchAll(/^ {4}(?:-(\w), )?--([\w-]+)=(.*):$/gm)].map(([, short, name, fallback]) => ({
    name,
    short,
    isSwitch: fallback === 'true' || fallback === 'false',
  }));
}

/** Parses the commands in a help text: in a section of commands, lines with two spaces, a name and a description. */
export function commandsOfHelp(text) {
  const names = [];
  let isCommands = false;
  for (const line of text.split('\n')) {
    if (/^\S.*:$/.test(line)) isCommands = /Commands/.test(line);
    const [, name] = (isCommands && /^ {2}([a-z][a-z0-9-]*) {2,}\S/.exec(line)) || [];
    if (name) names.push(name);
  }
  return names;
}

/** A flag in the format of the table. The commands run with --help, so kubectl parses the flags and changes nothing. */
async function entryOf(command, { name, short, isSwitch }) {
  // kubectl shows its help only if the flag is valid without a value.
  const mark = isSwitch ? '' : (await run(...command, '--help', `--${name}`)).code === 0 ? '?' : '=';
  return `${name}${short ? `:${short}` : ''}${mark}`;
}

export async function flagTable() {
  const commands = {};
  const visit = async command => {
    const { stdout } = await run(...command, '--help');
    const names = commandsOfHelp(stdout);
    if (command.length > 0) {
      const flags = [];
      for (const flag of flagsOfHelp(stdout)) flags.push(await entryOf(command, flag));
      commands[command.join(' ')] = flags.sort().join(' ');
    }
    for (const name of names) await visit([...command, name]);
  };
  await visit([]);
  const globals = [];
  for (const flag of flagsOfHelp((await run('options')).stdout)) globals.push(await entryOf(['version'], flag));
  const { stdout } = await run('version', '--client');
  return { kubectl: /v[\d.]+/.exec(stdout)?.[0], globals: globals.sort().join(' '), commands };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = path.join(root, 'src', 'kubectl', 'generated', 'flags.json');
  writeFileSync(file, `${JSON.stringify(await flagTable(), null, 1)}\n`);
  console.log(path.relative(root, file));
}
