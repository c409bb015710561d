/** The table of kubectl's flags, held against the help of the very kubectl that it was made from. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
// @ts-expect-error: a script in JavaScript
import { commandsOfHelp, flagsOfHelp } from '../../scripts/kubectl-flags.mjs';
import table from '../../src/kubectl/generated/flags.json' with { type: 'json' };
import { parseKubectlLine } from '../../src/kubectl/line.ts';
import { makeTempDir } from '../support/io.ts';
import { realKubectl } from '../support/program.ts';

interface HelpFlag {
  readonly name: string;
  readonly short: string | undefined;
  readonly isSwitch: boolean;
}

const kubectl = realKubectl();
const env = { PATH: '', HOME: makeTempDir(), KUBECONFIG: '/dev/null', LC_ALL: 'C' };
const help = async (...command: string[]) =>
  (await promisify(execFile)(kubectl, [...command, '--help'], { env, maxBuffer: 1 << 24 })).stdout;

/** The flags of the table, as a help text lists them. */
const listed = (flags: string) =>
  flags
    .split(' ')
    .filter(Boolean)
    .map(entry => /^([\w-]+)(?::(\w))?([=?]?)$/.exec(entry) ?? [])
    .map(([, name, short, mark]) => ({ name, short, isSwitch: mark === '' }));
const sorted = (flags: readonly { name?: string | undefined }[]) =>
  [...flags].sort((a, b) => String(a.name).localeCompare(String(b.name), 'en'));

test('every command of kubectl, and every flag of each', async () => {
  const visit = async (command: string[]): Promise<string[]> => {
    const text = await help(...command);
    if (command.length > 0) {
      const flags = table.commands[command.join(' ') as keyof typeof table.commands];
      expect(sorted(listed(flags ?? 'not-there')), command.join(' ')).toEqual(sorted(flagsOfHelp(text) as HelpFlag[]));
    }
    const below = await Promise.all((commandsOfHelp(text) as string[]).map(name => visit([...command, name])));
    return [command.join(' '), ...below.flat()];
  };
  const seen = await visit([]);
  expect(seen.filter(Boolean).sort()).toEqual(Object.keys(table.commands).sort());
  expect(seen.length).toBeGreaterThan(90);
  const { stdout } = await promisify(execFile)(kubectl, ['options'], { env });
  expect(sorted(listed(table.globals))).toEqual(sorted(flagsOfHelp(stdout) as HelpFlag[]));
});

test.each([
  ['delete', '-o'],
  ['delete', '--as'],
  ['delete', '--dry-run'],
  ['delete', '--cascade'],
  ['delete', '-Rh'],
  ['delete', '-Rf'],
  ['delete', '--cache_dir'],
  ['delete', '-A='],
  ['delete', '---x'],
  ['drain', '--pod-selector'],
  ['apply', '--validate'],
  ['replace', '--cascade'],
])('%s %s at the end: both of us find it whole, or both do not', async (verb, flag) => {
  // kubectl reads all flags before it shows its help.
  const isRead = await help(verb, flag).then(
    () => true,
    () => false,
  );
  const { problem } = parseKubectlLine([verb, '--help', flag]);
  expect(problem === undefined, problem).toBe(isRead);
});
