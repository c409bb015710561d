import { execFileSync } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import {
  createExclusive,
  ensurePrivateDir,
  writeFileAtomic,
  writeStateFile,
} from '../../../../src/platform/files/files.ts';
import { readText } from '../../../../src/platform/files/read.ts';
import { makeTempDir } from '../../../support/io.ts';

const mode = (file: string) => fs.statSync(file).mode & 0o777;

describe('files', () => {
  test.each([0o000, 0o022, 0o077, 0o777])('ours are 0600 in folders of 0700, whatever the umask (%o)', umask => {
    const dir = path.join(makeTempDir(), 'state');
    const before = process.umask(umask);
    try {
      writeStateFile(path.join(dir, 'token'), 'x');
    } finally {
      process.umask(before);
    }
    expect([mode(dir), mode(path.join(dir, 'token'))]).toEqual([0o700, 0o600]);
  });

  test('what stood there with other modes is set right', () => {
    const dir = makeTempDir();
    fs.chmodSync(dir, 0o755);
    fs.writeFileSync(path.join(dir, 'token'), '', { mode: 0o644 });
    writeStateFile(path.join(dir, 'token'), 'x');
    expect([mode(dir), mode(path.join(dir, 'token'))]).toEqual([0o700, 0o600]);
    fs.chmodSync(dir, 0o755);
    ensurePrivateDir(dir);
    expect(mode(dir)).toBe(0o700);
  });

  test('a write keeps the mode of a file and follows links, also to what is not there yet', () => {
    const dir = makeTempDir();
    const file = path.join(dir, 'real');
    fs.writeFileSync(file, 'old', { mode: 0o640 });
    fs.symlinkSync('real', path.join(dir, 'link'));
    fs.symlinkSync('later', path.join(dir, 'dangling'));
    writeFileAtomic(path.join(dir, 'link'), 'new');
    writeFileAtomic(path.join(dir, 'dangling'), 'made');
    expect([fs.readFileSync(file, 'utf8'), mode(file)]).toEqual(['new', 0o640]);
    expect(fs.readFileSync(path.join(dir, 'later'), 'utf8')).toBe('made');
    expect(fs.lstatSync(path.join(dir, 'link')).isSymbolicLink()).toBe(true);
  });

  test('a write that cannot be done leaves the old file and no other', () => {
    const dir = makeTempDir();
    const file = path.join(dir, 'f');
    fs.writeFileSync(file, 'old', { mode: 0o400 });
    expect(() => writeFileAtomic(file, 'new')).toThrow();
    expect(() => writeFileAtomic(dir, 'new')).toThrow();
    expect(() => writeFileAtomic(path.join(dir, 'no', 'such', 'f'), 'new')).toThrow();
    expect([fs.readFileSync(file, 'utf8'), fs.readdirSync(dir)]).toEqual(['old', ['f']]);
  });

  test('a directory, a FIFO and a file that is too large are errors, at once; none is undefined', () => {
    const dir = makeTempDir();
    execFileSync('mkfifo', [path.join(dir, 'fifo')]);
    fs.writeFileSync(path.join(dir, 'large'), 'x'.repeat(100));
    expect(() => readText(dir)).toThrow(/is a directory/);
    expect(() => readText(path.join(dir, 'fifo'))).toThrow(/not a regular file/);
    expect(() => readText(path.join(dir, 'large'), 99)).toThrow(/larger/);
    expect(readText(path.join(dir, 'none'))).toBeUndefined();
    expect(readText(path.join(dir, 'large', 'below'))).toBeUndefined();
  });

  test('an exclusive file is made once', () => {
    const file = path.join(makeTempDir(), 'lock');
    expect([createExclusive(file, 'a'), createExclusive(file, 'b'), fs.readFileSync(file, 'utf8')]).toEqual([
      true,
      false,
      'a',
    ]);
  });
});
