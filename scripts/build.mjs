// Bundles src into dist. The output is CommonJS, because Node starts it faster than ES modules. Lazily loaded modules are separate chunks. One file
// has the modules of every start and a second file those of frequent commands, because each file costs start-up time. The executables
// (scripts/package.mjs) use the same files.
// Class names are kept: oidc-provider identifies its models by class name.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';
import { CARRIED, licenceTexts, packagesOf } from './components.mjs';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const dist = path.join(root, 'dist');
const { version } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));

const source = (...names) => new RegExp(`[\\\\/]src[\\\\/](?:${names.join('|')})\\.ts$`.replaceAll('/', '[\\\\/]'));

/** Stops commander from loading node:child_process at every start. It needs it only for subcommands in separate executables, which we do not have. */
const commanderWithoutChildren = {
  name: 'commander-without-children',
  resolveId: (id, importer) =>
    id === 'node:child_process' && /[\\/]commander[\\/]/.test(importer ?? '') ? '\0no-children' : null,
  load: id => (id === '\0no-children' ? 'module.exports = {};' : null),
};

/** Removes oidc-provider's warning about runtimes other than Node. The executables pass the same tests as the Node version. */
const oidcProviderWithoutWarning = {
  name: 'oidc-provider-without-warning',
  transform(code, id) {
    if (!/[\\/]oidc-provider[\\/]lib[\\/]index\.js$/.test(id)) return null;
    const quiet = code.replace(/if \(!codename [^{]*\{[^}]*\}/, '');
    if (quiet === code) throw new Error('oidc-provider has changed its runtime check: update scripts/build.mjs');
    return quiet;
  },
};

const bundle = await rolldown({
  cwd: root,
  input: 'src/main.ts',
  platform: 'node',
  // It carries binaries: npm installs the platform's, and scripts/package.mjs puts it into the executable.
  external: ['@napi-rs/keyring'],
  plugins: [commanderWithoutChildren, oidcProviderWithoutWarning],
  resolve: { mainFields: ['module', 'main'] },
  transform: {
    // undici shortens its stack traces by __filename. Bun would write this folder's name into the executables.
    define: { ZKUBECTL_VERSION: JSON.stringify(version), __filename: 'undefined' },
    target: 'node20.19',
  },
  onLog(level, log, report) {
    // Known and harmless: depd, which koa uses for deprecation warnings, calls eval.
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
      { name: 'program', test: source('program', 'commands/list/list', 'commands/list/cluster-view', 'commands/use') },
    ],
  },
});
await bundle.close();

writeFileSync(path.join(dist, 'package.json'), '{"type": "commonjs"}\n');
// Write the modules of each file to dist/modules.json, for the loading tests and the bill of materials.
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
writeFileSync(path.join(dist, 'LICENSES.txt'), licenceTexts(packagesOf([...Object.values(modules).flat(), CARRIED])));
writeFileSync(path.join(dist, 'modules.json'), `${JSON.stringify(modules, null, 1)}\n`);
execFileSync(process.execPath, [path.join(root, 'scripts', 'code-cache.mjs')], { stdio: 'inherit' });
