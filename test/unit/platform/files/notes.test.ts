import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { isRecord } from '../../../../src/lib/json.ts';
import { noteAt, notesIn } from '../../../../src/platform/files/notes.ts';
import { makeTempDir } from '../../../support/io.ts';

const parse = (value: unknown) => (isRecord(value) && typeof value['x'] === 'number' ? value['x'] : undefined);

describe('a note', () => {
  test('is what was written last, in a file and a folder of ours alone', () => {
    const file = path.join(makeTempDir(), 'notes', 'a.json');
    const note = noteAt(file, parse);
    expect(note.read()).toBeUndefined();
    note.write({ x: 1 });
    note.write({ x: 2 });
    expect(note.read()).toBe(2);
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
    note.remove();
    note.remove();
    expect(note.read()).toBeUndefined();
  });

  test.each([
    ['is damaged', (file: string) => fs.writeFileSync(file, '{"x": 1', { mode: 0o600 })],
    ['is of another kind', (file: string) => fs.writeFileSync(file, '{"y": 1}', { mode: 0o600 })],
    ['others may write', (file: string) => fs.chmodSync(file, 0o666)],
    ['is a folder', (file: string) => [fs.rmSync(file), fs.mkdirSync(file)]],
    ['is a link', (file: string) => [fs.renameSync(file, `${file}.x`), fs.symlinkSync(`${file}.x`, file)]],
    ['is too long', (file: string) => fs.writeFileSync(file, `{"x": 1}${' '.repeat(200)}`, { mode: 0o600 })],
  ])('that %s counts as absent', (_, change) => {
    const file = path.join(makeTempDir(), 'a.json');
    const note = noteAt(file, parse, { maxBytes: 100 });
    note.write({ x: 1 });
    expect(note.read()).toBe(1);
    change(file);
    expect(note.read()).toBeUndefined();
  });

  test('that is secret counts as absent where others may read it', () => {
    const file = path.join(makeTempDir(), 'a.json');
    const [secret, other] = [noteAt(file, parse, { isSecret: true }), noteAt(file, parse)];
    secret.write({ x: 1 });
    fs.chmodSync(file, 0o644);
    expect([secret.read(), other.read()]).toEqual([undefined, 1]);
  });

  test('that cannot be written: write throws, tryWrite does not', () => {
    const folder = path.join(makeTempDir(), 'a');
    fs.writeFileSync(folder, '');
    const note = noteAt(path.join(folder, 'b.json'), parse);
    expect(() => note.write({ x: 1 })).toThrow();
    note.tryWrite({ x: 1 });
    expect(note.read()).toBeUndefined();
  });
});

test('notes of a folder: one for each key; all of them but those that cannot be read', () => {
  const folder = makeTempDir();
  const notes = notesIn(folder, parse);
  notes.of('a').write({ x: 1 });
  notes.of('b').write({ x: 2 });
  fs.writeFileSync(path.join(folder, 'c.json'), '{', { mode: 0o600 });
  fs.writeFileSync(path.join(folder, '.d.json'), '{"x": 4}', { mode: 0o600 });
  expect(
    notes
      .all()
      .map(({ value }) => value)
      .sort(),
  ).toEqual([1, 2]);
  for (const { note } of notes.all()) note.remove();
  expect(notes.all()).toEqual([]);
});
