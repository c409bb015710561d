// Runs all fault tests and writes their numbers into docs/reliability.md: processes, kills, torn files, refreshes, inputs tried, leaks found.
//   npm run test:faults
// The tests are bounded and use only loopback and temporary folders. `npm test` runs a short version that takes seconds.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dir = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-faults-'));
const figures = path.join(dir, 'figures.jsonl');
writeFileSync(figures, '');

const run = (...args) =>
  spawnSync(process.execPath, [path.join(root, 'node_modules', 'vitest', 'vitest.mjs'), 'run', ...args], {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ZKUBECTL_FAULTS: 'full', ZKUBECTL_FAULTS_FIGURES: figures },
  }).status ?? 1;

const started = Date.now();
const status = run('--project', 'faults') || run('--project', 'node', 'properties');
const seconds = Math.round((Date.now() - started) / 1000);
if (status === 0) writeFileSync(path.join(root, 'docs', 'reliability.md'), page(readFigures(), seconds));
rmSync(dir, { recursive: true });
process.exit(status);

/** Reads the figures by area and name. Figures with the same name from several tests are added up. */
function readFigures() {
  const areas = new Map();
  for (const line of readFileSync(figures, 'utf8').trim().split('\n')) {
    const { area, what, value } = JSON.parse(line);
    const rows = areas.get(area) ?? new Map();
    areas.set(area, rows.set(what, value));
  }
  return areas;
}

function page(areas, seconds) {
  const [before] = readFileSync(path.join(root, 'docs', 'reliability.md'), 'utf8').split('<!-- figures -->');
  const order = [
    'the guard',
    'the journal',
    'undo',
    'many at once',
    'a run over many clusters',
    'files',
    'hostile far ends',
    'secrets',
    'properties',
  ];
  const others = [...areas.keys()].filter(area => !order.includes(area));
  const tables = [...order, ...others].map(area => {
    const rows = [...(areas.get(area) ?? [])].map(([what, value]) => [what, String(value)]);
    const widths = [0, 1].map(i => Math.max(...rows.map(row => row[i].length), i === 0 ? area.length : 0));
    const line = row => `| ${row[0].padEnd(widths[0])} | ${row[1].padStart(widths[1])} |`;
    return [
      line([area, '']),
      `| ${'-'.repeat(widths[0])} | ${'-'.repeat(Math.max(1, widths[1] - 1))}: |`,
      ...rows.map(line),
    ].join('\n');
  });
  const date = new Date().toISOString().slice(0, 10);
  return `${before}<!-- figures -->\n\n${date}, Node ${process.versions.node}, ${os.cpus().length} cores, ${seconds} s:\n\n${tables.join('\n\n')}\n`;
}
