// `npm run completions`: writes all files that are generated from the command definitions (scripts/generate/). A test compares them.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dir = path.join(root, '.cache', 'generate');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

// The program imports the command table, which may not exist yet: use an empty table.
const table = path.join(root, 'src', 'completion', 'generated', 'commands.json');
process.chdir(root);
const bundle = await rolldown({
  cwd: root,
  input: 'scripts/generate/generate.ts',
  external: ['@napi-rs/keyring'],
  platform: 'node',
  transform: { define: { ZKUBECTL_VERSION: JSON.stringify(version) } },
  plugins: [
    {
      name: 'empty-table',
      resolveId: (id, importer) => (path.resolve(path.dirname(importer ?? ''), id) === table ? '\0table' : null),
      load: id => (id === '\0table' ? 'export default { globals: [], commands: [] };' : null),
    },
  ],
  onLog: () => undefined,
});
const { output } = await bundle.write({ dir, cleanDir: true, format: 'esm' });
await bundle.close();
const entry = output.find(chunk => chunk.type === 'chunk' && chunk.isEntry);
const { generatedFiles } = await import(pathToFileURL(path.join(dir, entry.fileName)).href);
for (const [file, text] of await generatedFiles()) {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
  console.log(file);
}
rmSync(dir, { recursive: true });
