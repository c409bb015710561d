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
    ...[...text.matchAll(/^import\s+'([^']+)'/gm)].map(m => ({
      from: file,
      to: resolve(m[1] ?? ''),
      isType: false,
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
const wrong = (isWrong: (i: Import) => boolean) => imports.filter(isWrong).map(i => `${i.from} → ${i.to}`);

/** What nobody needs to be allowed: libraries without a domain, the real world, expected failures. */
const BASE = ['errors.ts', 'lib', 'platform'];
const MIDDLE = ['access', 'auth', 'aws', 'config', 'journal', 'kubeconfig', 'kubernetes', 'registry'];
/** Room → the rooms that it may import. What is not here is not allowed. */
const MAY: Readonly<Record<string, readonly string[]>> = {
  'main.ts': [
    ...BASE,
    'argv',
    'cli',
    'commands',
    'completion',
    'kubectl',
    'output',
    'program.ts',
    'route.ts',
    'version.ts',
  ],
  'route.ts': [...BASE, 'argv', 'commands', 'kubectl'],
  'program.ts': [...BASE, 'argv', 'cli', 'commands', 'output', 'version.ts'],
  'errors.ts': [],
  'version.ts': [],
  commands: [
    ...BASE,
    ...MIDDLE,
    'argv',
    'cli',
    'clusters',
    'completion',
    'fleet',
    'incident',
    'kubectl',
    'output',
    'sandbox',
    'version.ts',
  ],
  completion: [...BASE, 'access', 'argv', 'cli', 'config', 'fleet', 'kubeconfig', 'kubectl', 'kubernetes', 'registry'],
  fleet: [...BASE, ...MIDDLE, 'argv', 'cli', 'clusters', 'kubectl', 'output'],
  incident: [...BASE, ...MIDDLE],
  cli: [...BASE, ...MIDDLE, 'argv', 'clusters', 'kubectl', 'output'],
  kubectl: [...BASE, 'access', 'argv', 'clusters', 'kubeconfig', 'kubernetes', 'registry'],
  clusters: [...BASE, 'argv', 'auth', 'kubeconfig', 'registry'],
  access: BASE,
  aws: BASE,
  auth: BASE,
  registry: [...BASE, 'argv'],
  kubernetes: BASE,
  journal: BASE,
  kubeconfig: BASE,
  config: BASE,
  argv: [...BASE, 'output'],
  output: BASE,
  platform: ['errors.ts', 'lib'],
  lib: [],
  // Its selectors are those of the registry's clients.
  sandbox: [...BASE, 'registry'],
};

test('the imports are seen: only main.ts is imported by no other file', () => {
  expect(imports.length).toBeGreaterThan(files.length);
  const imported = new Set(imports.map(i => i.to));
  expect(files.filter(file => !imported.has(file))).toEqual(['main.ts']);
});

describe('imports run one way', () => {
  test('every room is known, and imports what it may', () => {
    const rooms = [...new Set(files.map(room))].sort();
    expect(rooms).toEqual(Object.keys(MAY).sort());
    const isOurs = (i: Import) => files.includes(i.to) || i.to.endsWith('.json');
    expect(
      wrong(i => isOurs(i) && room(i.from) !== room(i.to) && !(MAY[room(i.from)] ?? []).includes(room(i.to))),
    ).toEqual([]);
  });

  test('no circles', () => {
    const next = new Map<string, string[]>();
    for (const i of imports) if (files.includes(i.to)) next.set(i.from, [...(next.get(i.from) ?? []), i.to]);
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (file: string, path: readonly string[]) => {
      if (state.get(file) === 'open') circles.push([...path.slice(path.indexOf(file)), file].join(' → '));
      if (state.has(file)) return;
      state.set(file, 'open');
      for (const to of next.get(file) ?? []) visit(to, [...path, file]);
      state.set(file, 'done');
    };
    for (const file of files) visit(file, []);
    expect(circles).toEqual([]);
  });

  test('of the registry the sandbox takes the selector alone', () => {
    expect(
      wrong(i => room(i.from) === 'sandbox' && room(i.to) === 'registry' && i.to !== 'registry/selector.ts'),
    ).toEqual([]);
  });

  test('the sandbox is imported by its command alone, and only when it runs', () => {
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
    const allowed = (i: Import) => room(i.from) === 'platform' || i.isType;
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
  expect(seen.size).toBeGreaterThan(10);
  const packages = [...seen].filter(name => !files.includes(name) && !/^node:|\.json$/.test(name));
  expect(packages).toEqual([]);
});

test('no file has more than 250 lines, and src has at most six files at its top', () => {
  const long = files.filter(file => fs.readFileSync(path.join(SRC, file), 'utf8').split('\n').length > 251);
  expect(long).toEqual([]);
  expect(files.filter(file => !file.includes('/')).length).toBeLessThanOrEqual(6);
});
