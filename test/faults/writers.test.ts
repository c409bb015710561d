/** Many writers of one kubeconfig, and a storm on one lock: no entry is lost, and there are never two inside. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { build } from 'rolldown';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { figure, scaled } from '../support/faults.ts';
import { makeTempDir } from '../support/io.ts';
import { cleanEnv, run, start } from '../support/program.ts';
import { filesBelow } from '../support/sandbox.ts';

const AREA = 'many at once';

test('use, login and kubectl config at once lose no entry', async () => {
  const rounds = scaled(1, 5);
  const count = 20;
  for (let round = 0; round < rounds; round++) {
    const env = cleanEnv();
    const clusters = path.join(env['HOME'] ?? '', 'clusters.yaml');
    const record = (i: number) =>
      `- {id: "aws:${i}:eu:kube-1", alias: c${i}, lifecycle_status: ready, api_server_url: "https://kube-${i}.example.invalid"}\n`;
    fs.writeFileSync(clusters, `clusters:\n${Array.from({ length: count }, (_, i) => record(i)).join('')}`);
    Object.assign(env, {
      ZKUBECTL_REGISTRY_FILE: clusters,
      ZKUBECTL_TOKEN: 'x.y.z',
      ZKUBECTL_AUTH_CLIENT_ID: 'zkubectl',
    });
    const kubeconfig = path.join(env['HOME'] ?? '', '.kube', 'config');
    fs.mkdirSync(path.dirname(kubeconfig));
    fs.writeFileSync(kubeconfig, '# mine\napiVersion: v1\nkind: Config\n');
    const writers = Array.from({ length: count }, async (_, i) => {
      if (i % 3 === 0) return { i, ...(await run(['login', `c${i}`], env)) };
      if (i % 3 === 1) return { i, ...(await run(['use', `c${i}`], env)) };
      return { i, ...(await run(['config', 'set-context', `k${i}`, '--cluster', 'x'], env)) };
    });
    const results = await Promise.all(writers);
    for (const result of results) expect(result).toMatchObject({ code: 0 });
    const { contexts } = parse(fs.readFileSync(kubeconfig, 'utf8')) as { contexts: { name: string }[] };
    expect(contexts.map(context => context.name).sort()).toEqual(
      results.map(({ i }) => (i % 3 === 2 ? `k${i}` : `c${i}`)).sort(),
    );
    expect(filesBelow(path.dirname(kubeconfig)).filter(file => /\.lock$|\.tmp$/.test(file))).toEqual([]);
  }
  figure(AREA, 'writers of one kubeconfig (use, login, kubectl config)', rounds * count);
  figure(AREA, 'entries lost', 0);
});

/** kubectl started by itself takes client-go's lock only after it has read: what others add in between, it drops. Nothing of ours can hold it back. */
test.runIf(scaled(0, 1))('a kubectl config past us tears nothing, whatever it drops', async () => {
  const env = cleanEnv();
  const kubeconfig = path.join(env['HOME'] ?? '', '.kube', 'config');
  const kubectl = path.join(env['HOME'] ?? '', 'bin', 'kubectl');
  fs.mkdirSync(path.dirname(kubeconfig));
  fs.writeFileSync(
    kubeconfig,
    '# mine\napiVersion: v1\nkind: Config\ncontexts:\n- {name: base, context: {cluster: x}}\n',
  );
  const results = await Promise.all(
    Array.from({ length: 30 }, (_, i) =>
      i % 2
        ? start(['config', 'set-context', `k${i}`, '--cluster', 'x'], env, kubectl, []).ended
        : run(['use', 'base', '-n', `n${i}`], env),
    ),
  );
  const { contexts } = parse(fs.readFileSync(kubeconfig, 'utf8')) as { contexts: { name: string }[] };
  expect(contexts.map(context => context.name)).toContain('base');
  expect(results.filter((_, i) => i % 2 === 0).map(result => result.code)).toEqual(Array.from({ length: 15 }, () => 0));
  const made = results.filter((result, i) => i % 2 && result.code === 0).length;
  figure(AREA, 'kubectl config started past zkubectl, with exit code 0', made);
  figure(AREA, 'entries of those that another kubectl dropped', made - (contexts.length - 1));
});

test('a storm of processes, killed at random: never two inside', async () => {
  const dir = makeTempDir();
  const script = path.join(dir, 'holder.mjs');
  const entry = path.join(dir, 'entry.ts');
  // The inside is marked by the pid of whoever is in; a mark of somebody who lives is a second one.
  fs.writeFileSync(
    entry,
    `import fs from 'node:fs'; import { withLock } from ${JSON.stringify(path.resolve('src/platform/files/lock.ts'))};
    const [dir] = process.argv.slice(2); const inside = dir + '/../inside'; const io = { sleep: (ms: number) => new Promise<void>(r => setTimeout(r, ms)), signal: new AbortController().signal };
    const isAlive = (pid: number) => { try { process.kill(pid, 0); return fs.readFileSync('/proc/' + pid + '/stat', 'utf8').split(') ')[1]![0] !== 'Z'; } catch { return false; } };
    for (;;) await withLock(io, dir!, { timeoutMs: 60000 }, async () => {
      const other = fs.existsSync(inside) ? Number(fs.readFileSync(inside, 'utf8')) : 0;
      if (other && isAlive(other)) { console.log('TWO'); process.exit(1); }
      fs.writeFileSync(inside, String(process.pid)); console.log('in'); await io.sleep(Math.random() * 3); fs.rmSync(inside); });`,
  );
  await build({ input: entry, platform: 'node', logLevel: 'silent', output: { file: script, format: 'esm' } });
  const lock = path.join(dir, 'lock');
  const wanted = scaled(12, 250);
  let entered = 0;
  let two = 0;
  let kills = 0;
  const children = new Set<ChildProcess>();
  let finish: () => void = () => undefined;
  const done = new Promise<void>(resolve => {
    finish = resolve;
  });
  const spawnOne = () => {
    const child = spawn(process.execPath, [script, lock], { stdio: ['ignore', 'pipe', 'inherit'] });
    children.add(child);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      entered += text.match(/in\n/g)?.length ?? 0;
      two += text.match(/TWO/g)?.length ?? 0;
      // One that has just entered is killed inside; another wherever it stands.
      if (kills < wanted && Math.random() < 0.2) {
        kills++;
        const all = [...children];
        (Math.random() < 0.5 ? child : all[Math.floor(Math.random() * all.length)])?.kill('SIGKILL');
      }
      if (kills >= wanted && entered > wanted * 3) finish();
    });
    child.on('close', () => {
      children.delete(child);
      if (kills < wanted || entered <= wanted * 3) spawnOne();
    });
  };
  for (let i = 0; i < 6; i++) spawnOne();
  await done;
  for (const child of children) child.kill('SIGKILL');
  expect(two).toBe(0);
  figure(AREA, 'processes in a storm on one lock killed with -9', kills);
  figure(AREA, 'times that one entered', entered);
  figure(AREA, 'times that two were inside', two);
});
