import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = path.resolve('src');
const files = fs.readdirSync(SRC, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'));

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isType: boolean;
  readonly isDynamic: boolean;
}

/** Every import of the sources, as paths below src or package names. */
const imports: Import[] = files.flatMap(file => {
  const text = fs.readFileSync(path.join(SRC, file), 'utf8');
  const resolve = (target: string) =>
    target.startsWith('.') ? path.relative(SRC, path.resolve(SRC, path.dirname(file), target)) : target;
  const isOnlyTypes = (clause: string) => /^type\b/.test(clause) || /^\{\s*(type \w+( as \w+)?,?\s*)+\}$/.test(clause);
  return [
    ...[...text.matchAll(/^(?:import|export)\s+([^'";]*?)\s*from\s+'([^']+)'/gms)].map(m => ({
      from: file,
      to: resolve(m[2] ?? ''),
      isType: isOnlyTypes(m[1] ?? ''),
      isDynamic: false,
    })),
    ...[...text.matchAll(/import\('([^']+)'\)/g)].map(m => ({
      from: file,
      to: resolve(m[1] ?? ''),
      isType: false,
      isDynamic: true,
    })),
  ];
});

const room = (file: string) => (file.includes('/') ? (file.split('/')[0] ?? '') : file);
const MIDDLE = ['auth', 'registry', 'access', 'kube'];

describe('imports run one way', () => {
  const wrong = (isWrong: (i: Import) => boolean) => imports.filter(isWrong).map(i => `${i.from} → ${i.to}`);

  test('the rooms in the middle do not know each other, nor the commands', () => {
    const upper = ['commands', 'plugins', 'sandbox', 'main.ts', 'program.ts', 'context.ts', 'output'];
    expect(
      wrong(
        i =>
          MIDDLE.includes(room(i.from)) &&
          ((MIDDLE.includes(room(i.to)) && room(i.to) !== room(i.from)) || upper.includes(room(i.to))),
      ),
    ).toEqual([]);
  });

  test('clusters introduces the rooms in the middle to each other; kubectl is above it, and neither knows a command', () => {
    const upper = ['commands', 'plugins', 'sandbox', 'main.ts', 'program.ts', 'context.ts', 'output'];
    const below = (i: Import) => room(i.from) === 'clusters' && [...upper, 'kubectl'].includes(room(i.to));
    expect(wrong(i => below(i) || (room(i.from) === 'kubectl' && upper.includes(room(i.to))))).toEqual([]);
    expect(wrong(i => MIDDLE.includes(room(i.from)) && ['clusters', 'kubectl'].includes(room(i.to)))).toEqual([]);
  });

  test('lib knows nothing but itself', () => {
    const isOurs = (to: string) => !to.startsWith('node:') && (to.includes('/') || to.endsWith('.ts'));
    expect(wrong(i => room(i.from) === 'lib' && isOurs(i.to) && room(i.to) !== 'lib')).toEqual([]);
  });

  test('platform imports no room', () => {
    expect(
      wrong(
        i =>
          room(i.from) === 'platform' &&
          [...MIDDLE, 'commands', 'output', 'sandbox', 'context.ts', 'program.ts', 'main.ts'].includes(room(i.to)),
      ),
    ).toEqual([]);
  });

  test('output is used by commands, plugins and what prints messages alone', () => {
    const users = ['output', 'commands', 'plugins', 'messages.ts', 'globals.ts', 'sandbox'];
    expect(wrong(i => room(i.to) === 'output' && !users.includes(room(i.from)))).toEqual([]);
  });

  test('sandbox is imported by its command alone, and only when it runs', () => {
    expect(
      wrong(
        i =>
          room(i.to) === 'sandbox' &&
          room(i.from) !== 'sandbox' &&
          !(i.from.startsWith('commands/sandbox/') && (i.isDynamic || i.isType)),
      ),
    ).toEqual([]);
  });

  test('errors.ts imports nothing', () => {
    expect(wrong(i => i.from === 'errors.ts')).toEqual([]);
  });

  test('only platform and bin touch process, the clock, child processes, the file system and the network', () => {
    const modules = /^(node:)?(fs|child_process|net|http|https|tls|dgram|dns|os)(\/|$)|^undici$/;
    const allowed = (i: Import) => room(i.from) === 'platform' || room(i.from) === 'libraries' || i.isType;
    expect(wrong(i => modules.test(i.to) && !allowed(i))).toEqual([]);
    const effects = files
      .filter(file => room(file) !== 'platform')
      .filter(file =>
        /(?<![\w.])process\.(?!")|Date\.now\(|new Date\(\)/.test(
          fs.readFileSync(path.join(SRC, file), 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, ''),
        ),
      );
    expect(effects).toEqual([]);
  });
});

test('what main.ts loads at the top stays small: no command line, prompts, Kubernetes or OIDC client', () => {
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) return;
    seen.add(file);
    for (const i of imports) if (i.from === file && !i.isDynamic && !i.isType) visit(i.to);
  };
  visit('main.ts');
  const packages = [...seen].filter(name => !files.includes(name) && !name.startsWith('node:'));
  expect(packages).toEqual([]);
});
