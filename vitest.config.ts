import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // What a developer's own shell has set must not lead a test anywhere.
    env: { ZKUBECTL_CONFIG: '', KUBECONFIG: '', XDG_STATE_HOME: '', XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '' },
  },
});
