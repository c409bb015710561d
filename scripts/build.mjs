// Bundles src into dist: CommonJS, which Node starts faster than ES modules, with a chunk for each thing that is loaded late. What every start needs is
// one file, and what the hot paths add to it another: each file costs. The executables (scripts/package.mjs) are made from these same files.
// Names are kept: the OIDC provider knows its models by the names of their classes.
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { licenceTexts, packagesOf } from './components.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const source = (...names) => new RegExp(`[\\\\/]src[\\\\/](?:${names.join('|')})\\.ts$`.replaceAll('/', '[\\\\/]'));

/** commander would load node:child_process at every start, for subcommands that are programs of their own: we have none. */
const commanderWithoutChildren = {
  name: 'commander-without-children',
  resolveId: (id, importer) =>
    id === 'node:child_process' && /[\\/]commander[\\/]/.test(importer ?? '') ? '\0no-children' : null,
  load: id => (id === '\0no-children' ? 'module.exports = {};' : null),
};

/** oidc-provider warns of every runtime but Node. In the executables it is tested by the same tests as under Node. */
const oidcProviderWithoutWarning = {
  name: 'oidc-provider-without-warning',
  transform(code, id) {
    if (!/[\\/]oidc-provider[\\/]lib[\\/]index\.js$/.test(id)) return null;
    const quiet = code.replace(/if \(!codename [^{]*\{[^}]*\}/, '');
    if (quiet === code) throw new Error('oidc-provider no longer looks at its runtime as it did');
    return quiet;
  },
};

const bundle = await rolldown({
  cwd: root,
  input: 'src/main.ts',
  platform: 'node',
  plugins: [commanderWithoutChildren, oidcProviderWithoutWarning],
  resolve: { mainFields: ['module', 'main'] },
  transform: { define: { ZKUBECTL_VERSION: JSON.stringify(version) }, target: 'node20.19' },
  onLog(level, log, report) {
    // Inside packages, and known: an old helper of koa's that makes deprecation warnings.
    if (log.code === 'EVAL' && log.id?.includes('/depd/')) return;
    if (level === 'warn') throw new Error(log.message);
    report(level, log);
  },
});
const { output } = await bundle.write({
  dir: dist,
  cleanDir: true,
  format: 'cjs',
  entryFileNames: 'main.js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  minify: { mangle: false, compress: false },
  comments: false,
  codeSplitting: {
    groups: [
      { name: 'start', test: source('main', 'route', 'platform/system') },
      {
        name: 'hot',
        test: source(
          'cli/context',
          'commands/credentials',
          'kubectl/run',
          'cli/typed-kubectl',
          'kubectl/binary',
          'clusters/history',
          'registry/cluster',
        ),
      },
      {
        name: 'registry',
        test: source('registry/registry', 'registry/snapshot', 'registry/source', 'registry/fields'),
      },
      { name: 'program', test: source('program', 'commands/list', 'commands/use') },
    ],
  },
});
await bundle.close();

writeFileSync(path.join(dist, 'package.json'), '{"type": "commonjs"}\n');
// Which modules went into each file: what the tests of loading and the list of components are made from.
const modules = Object.fromEntries(
  output
    .filter(file => file.type === 'chunk')
    .map(chunk => [
      chunk.fileName,
      Object.keys(chunk.modules)
        .filter(id => !id.startsWith('\0'))
        .map(id => path.relative(root, id).replaceAll('\\', '/')),
    ]),
);
writeFileSync(path.join(dist, 'LICENSES.txt'), licenceTexts(packagesOf(Object.values(modules).flat())));
writeFileSync(path.join(dist, 'modules.json'), `${JSON.stringify(modules, null, 1)}\n`);
