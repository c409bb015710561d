import { existsSync } from 'node:fs';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

const executable = path.resolve('.cache', 'executable', 'zkubectl');

// What a developer's own shell has set must not lead a test anywhere.
const env = {
  ZKUBECTL_CONFIG: '',
  KUBECONFIG: '',
  XDG_STATE_HOME: '',
  XDG_CACHE_HOME: '',
  XDG_CONFIG_HOME: '',
  ZKUBECTL_STATE_DIR: '',
  ZKUBECTL_CACHE_DIR: '',
};

const common = {
  pool: 'forks',
  // One process runs many files: loading the program anew for each took a quarter of the time. Nothing in it keeps state between runs.
  isolate: false,
  setupFiles: 'test/support/tidy.ts',
  // A shared machine may stand still for seconds: a limit here tells hanging from slow, nothing finer.
  testTimeout: 180_000,
  hookTimeout: 180_000,
} as const;

/** Long tests of rules, docs, shells and of kubectl itself, in which the Node release plays no part: `npm run test:nodes` leaves them out. */
const LONG = [
  'smoke/guard',
  'smoke/undo',
  'smoke/same-as-kubectl',
  'smoke/sandbox-kubectl',
  'smoke/cluster',
  'smoke/readme',
  'smoke/completion',
  'smoke/kubectl-flags',
  'smoke/plugins',
  'e2e/guard-effect',
].map(name => `test/${name}.test.ts`);

export default defineConfig({
  test: {
    // Tests wait for processes more than they reckon: no core is kept free.
    maxWorkers: '100%',
    projects: [
      {
        test: {
          ...common,
          name: 'node',
          include: ['test/**/*.test.ts'],
          exclude: [
            'test/smoke/executable.test.ts',
            'test/smoke/release.test.ts',
            'test/faults/**',
            ...(process.env['ZKUBECTL_TEST_OTHER_NODE'] ? LONG : []),
          ],
          env,
        },
      },
      // What breaks on purpose; `npm run test:faults` does the same, more of it.
      { test: { ...common, name: 'faults', include: ['test/faults/**/*.test.ts'], env } },
      // The same smoke tests with the executable (scripts/test-executable.mjs makes it before `npm test`).
      ...(existsSync(executable)
        ? [
            {
              test: {
                ...common,
                name: 'executable',
                include: ['test/smoke/**/*.test.ts'],
                // What Node loads; what runs in this process; and what shells do, whoever answers them.
                exclude: [
                  ...['loading', 'browser', 'package', 'completion', 'env', 'guard', 'kubectl-flags', 'readme'],
                  ...['same-as-kubectl', 'sandbox-kubectl', 'cluster', 'undo'],
                ].map(name => `test/smoke/${name}.test.ts`),
                env: { ...env, ZKUBECTL_TEST_EXECUTABLE: executable },
              },
            },
          ]
        : []),
    ],
  },
});
