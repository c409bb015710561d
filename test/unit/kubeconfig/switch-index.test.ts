import fs from 'node:fs';
import path from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { readPlainKubeconfig } from '../../../src/kubeconfig/plain.ts';
import { createKubeconfigIndex } from '../../../src/kubeconfig/switch-index.ts';
import { makeTempDir } from '../../support/io.ts';

const context = (name: string, namespace?: string) =>
  `- context:\n    cluster: c\n${namespace ? `    namespace: ${namespace}\n` : ''}  name: ${name}\n`;
const FILLER = `# ${'x'.repeat(30_000)}\n`;
const TEXT = `${FILLER}contexts:\n${context('one', 'shop')}${context('two')}current-context: one # now\n`;

let dir: string;
beforeEach(() => {
  dir = makeTempDir();
});

function noted(text = TEXT, name = 'one') {
  const index = createKubeconfigIndex(dir, '/k');
  const plain = readPlainKubeconfig(text);
  if (plain === undefined) throw new Error('not plain');
  index.note(plain, text, name);
  return index;
}

const noteFile = () => path.join(dir, 'kubeconfigs', fs.readdirSync(path.join(dir, 'kubeconfigs'))[0] ?? '');

describe('a text that has been read before', () => {
  test('is switched as reading it would, again and again', () => {
    const index = noted();
    const there = index.switch(TEXT, 'two');
    expect(there).toMatchObject({ text: TEXT.replace('one # now', 'two # now'), before: 'one', namespace: 'default' });
    expect(there?.text).toBe(readPlainKubeconfig(TEXT)?.withCurrentContext('two'));
    there?.note();
    const back = createKubeconfigIndex(dir, '/k').switch(there?.text ?? '', 'one');
    expect(back).toMatchObject({ text: TEXT, before: 'two', namespace: 'shop' });
    back?.note();
    expect(index.switch(TEXT, 'one')).toMatchObject({ text: TEXT, before: 'one' });
  });

  test.each(['three', 'toString', '__proto__', ''])('has no context %j', name => {
    expect(noted().switch(TEXT, name)).toBeUndefined();
  });

  test('keeps its quotes', () => {
    const quoted = TEXT.replace('one # now', '"one"');
    expect(noted(quoted).switch(quoted, 'two')?.text).toBe(TEXT.replace('one # now', '"two"'));
  });
});

test('one more character, and it is not known', () => {
  expect(noted().switch(`${TEXT}\n`, 'two')).toBeUndefined();
  expect(noted().switch(TEXT.replace('shop', 'shoq'), 'two')).toBeUndefined();
});

test('a small text is not noted', () => {
  const small = TEXT.replace(FILLER, '');
  expect(noted(small).switch(small, 'two')).toBeUndefined();
  expect(fs.readdirSync(dir)).toEqual([]);
});

test.each([
  '',
  'x',
  '[]',
  '{}',
  '{"digest": 1}',
  '\0',
  '{"digest": "a", "contexts": {"two": 1}, "currentContext": "one", "start": 1}',
])('an index that says %j counts as absent', content => {
  const index = noted();
  fs.writeFileSync(noteFile(), content);
  expect(index.switch(TEXT, 'two')).toBeUndefined();
});

test('an index that lies about where the name stands is not believed', () => {
  const index = noted();
  const file = noteFile();
  fs.writeFileSync(file, fs.readFileSync(file, 'utf8').replace(/"start":\d+/, '"start":5'));
  expect(index.switch(TEXT, 'two')).toBeUndefined();
});

test('twenty kubeconfigs are remembered, the latest', () => {
  const plain = readPlainKubeconfig(TEXT);
  if (plain === undefined) throw new Error('not plain');
  for (let i = 0; i < 25; i++) createKubeconfigIndex(dir, `/k${i}`).note(plain, TEXT, 'one');
  expect(fs.readdirSync(path.join(dir, 'kubeconfigs'))).toHaveLength(20);
  expect(createKubeconfigIndex(dir, '/k24').switch(TEXT, 'two')).toBeDefined();
});
