/**
 * Many writers of one journal, killed at any moment: no entry is lost, and no two lines are mixed. A kill may cut the line that is being written, because
 * Linux may end a write at a page boundary when the process is killed; its command has not begun then.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { expect, test } from 'vitest';
import { Journal } from '../../src/journal/journal.ts';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir } from '../support/io.ts';

test('100 writers at once and kill -9', async () => {
  const dir = makeTempDir();
  const state = path.join(dir, 'state');
  const script = path.join(dir, 'writer.mjs');
  const entry = path.join(dir, 'entry.ts');
  // It prints the id of each entry after its beginning, and after its end, was written.
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'; import { Journal } from ${JSON.stringify(path.resolve('src/journal/journal.ts'))};
    const journal = new Journal(process.argv[2]!, 90 * 86400000);
    const say = (text: string) => fs.writeSync(1, text + '\\n');
    for (let i = 0; ; i++) {
      const argv = ['zkubectl', 'annotate', 'x', 'word '.repeat(Math.floor(Math.random() ** 3 * 1200))];
      const { id, end } = journal.begin({ kind: 'command', time: new Date(), user: 'u', cluster: 'c', environment: 'production', namespace: 'n', argv, incident: undefined, request: undefined, act: undefined });
      say('begun ' + id);
      end({ exitCode: i % 3, seconds: 1 });
      say('ended ' + id + ' ' + (i % 3));
    }`,
  );
  await build({ input: entry, platform: 'node', logLevel: 'silent', output: { file: script, format: 'esm' } });
  const wanted = scaled(20, 1000);
  const writers = scaled(10, 100);
  const begun = new Set<string>();
  const ended = new Map<string, number>();
  let kills = 0;
  let running = 0;
  await new Promise<void>(resolve => {
    const startOne = () => {
      const child: ChildProcess = spawn(process.execPath, [script, state], { stdio: ['ignore', 'pipe', 'inherit'] });
      running++;
      let rest = '';
      let lines = 0;
      const lifetime = 3 + Math.floor(Math.random() * 40);
      child.stdout?.setEncoding('utf8').on('data', (text: string) => {
        const parts = `${rest}${text}`.split('\n');
        rest = parts.pop() ?? '';
        for (const line of parts) {
          const [what, id = '', code] = line.split(' ');
          if (what === 'begun') begun.add(id);
          else ended.set(id, Number(code));
        }
        lines += parts.length;
        if (lines >= lifetime) child.kill('SIGKILL');
      });
      child.on('close', () => {
        running--;
        kills++;
        if (kills + running < wanted) startOne();
        else if (running === 0) resolve();
      });
    };
    for (let i = 0; i < writers; i++) startOne();
  });
  const folder = path.join(state, 'journal');
  const cut = fs
    .readdirSync(folder)
    .filter(name => name.endsWith('.jsonl'))
    .flatMap(name => fs.readFileSync(path.join(folder, name), 'utf8').split('\n'))
    .filter(line => {
      try {
        return line !== '' && typeof JSON.parse(line) !== 'object';
      } catch {
        return true;
      }
    });
  const known = new Map(new Journal(state, 0).entries().map(({ id, end }) => [id, end?.exitCode]));
  const lost = [...begun].filter(id => !known.has(id));
  const wrong = [...ended].filter(([id, code]) => known.get(id) !== code);
  // The rest of a line, or a second line in it.
  const mixed = cut.filter(line => !/^\{"/.test(line) || /.\{"(id|kind|end)":/.test(line));
  expect({ mixed, lost, wrong }).toEqual({ mixed: [], lost: [], wrong: [] });
  expect(cut.length).toBeLessThan(Math.max(2, kills / 100));
  expect(kills).toBeGreaterThanOrEqual(wanted);
  expect(begun.size).toBeGreaterThan(kills);
  const area = 'the journal';
  figure(area, 'writers at once', writers);
  figure(area, 'of them killed with -9', kills);
  figure(area, 'entries that they had written', begun.size);
  figure(area, 'of them lost, or mixed with another', lost.length + mixed.length);
  figure(area, 'lines cut by a kill, of commands that had not begun', cut.length);
});
