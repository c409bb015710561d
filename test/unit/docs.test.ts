import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../../src/commands/index.ts';
import { CONFIG_KEYS, envName } from '../../src/config/keys.ts';
import { ExitCode } from '../../src/errors.ts';

const read = (file: string) => fs.readFileSync(path.resolve(file), 'utf8');

describe('the docs keep up with the code', () => {
  test('every configuration key is documented with its variable', () => {
    const rows = read('docs/configuration.md')
      .split('\n')
      .filter(line => line.startsWith('| `'));
    expect(
      rows.map(row =>
        row
          .split('|')
          .slice(1, 3)
          .map(cell => cell.trim().replaceAll('`', '')),
      ),
    ).toEqual(CONFIG_KEYS.map(key => [key.path, envName(key.path)]));
  });

  test('every exit code is documented', () => {
    const codes = read('docs/exit-codes.md')
      .split('\n')
      .flatMap(line => /^\| ([\d, ]+) \|/.exec(line)?.[1]?.split(',').map(Number) ?? []);
    for (const code of Object.values(ExitCode)) expect(codes).toContain(code);
  });

  test('the README names every command, in under 200 lines', () => {
    const readme = read('README.md');
    expect(readme.split('\n').length).toBeLessThan(200);
    // In the first cell of the table.
    const named = [...readme.matchAll(/^\| (`.*?`) +\| /gm)].flatMap(([, cell = '']) =>
      [...cell.matchAll(/`([a-z-]+)/g)].map(([, name]) => name),
    );
    expect(named).toEqual(expect.arrayContaining(Object.keys(COMMANDS)));
  });

  const pages = fs.readdirSync('docs').filter(name => name.endsWith('.md') && name !== 'README.md');

  test('the table of contents and the README have every page', () => {
    for (const file of ['docs/README.md', 'llms.txt'])
      for (const page of pages) expect([file, read(file).includes(`${page})`)]).toEqual([file, true]);
    expect(read('README.md')).toContain('](docs/README.md)');
  });

  test.each(pages.filter(name => name !== 'reference.md'))('%s begins with the command that it is about', page => {
    const [, before = '', first = ''] =
      /^([\s\S]*?)^```(?:sh|console)\n([\s\S]*?)^```/m.exec(read(`docs/${page}`)) ?? [];
    expect(before.split('\n').length).toBeLessThan(15);
    expect(first).toMatch(/zkubectl|npm/);
  });

  test('links lead somewhere', () => {
    const docs = fs.readdirSync('docs', { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.md'));
    const links = ['README.md', ...docs.map(name => `docs/${name}`)].flatMap(file =>
      [...read(file).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => ({ file, target }))
        .filter(({ target }) => !target.startsWith('http')),
    );
    expect(links.length).toBeGreaterThan(40);
    expect(links.filter(({ file, target }) => !fs.existsSync(path.resolve(path.dirname(file), target)))).toEqual([]);
  });
});

test.each([
  ['alice', 0, 20],
  ['bob', 1, 12],
])('the recording of %s shows what the README tells', (user, index, least) => {
  const [header = '', ...events] = read(`docs/recording/emergency-${user}.cast`).trim().split('\n');
  expect(JSON.parse(header)).toMatchObject({ version: 2 });
  const shown = events.map(event => (JSON.parse(event) as [number, 'o', string])[2]).join('');
  const plain = (text: string) =>
    text
      // biome-ignore lint/suspicious/noControlCharactersInRegex: what a terminal gets
      .replace(/\x1b\[[0-9;?]*[A-Za-z]|\r/g, '')
      .replace(/checkout-\w+-\w+/g, 'POD')
      .replace(/127\.0\.0\.1:\d+/g, 'HOST')
      .replace(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d|\d+m( \d+s)?|\d+s ago/g, 'TIME')
      .replace(/\b[0-9a-f]{8}\b/g, 'ID');
  const stories = [...read('README.md').matchAll(/```console\n([\s\S]*?)```/g)];
  const lines = plain(stories[index]?.[1] ?? '')
    .trimEnd()
    .split('\n');
  expect(lines.length).toBeGreaterThan(least);
  for (const line of lines) expect(plain(shown)).toContain(line);
});

test.skipIf(!fs.existsSync('.git'))('nothing is tracked that a build makes', () => {
  const files = execFileSync('git', ['ls-files'], { encoding: 'utf8' }).split('\n');
  expect(files).toContain('package.json');
  expect(files.filter(file => /^(dist|node_modules|\.cache)\//.test(file))).toEqual([]);
});
