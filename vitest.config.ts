import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    pool: 'forks',
    // A shared machine may stand still for seconds: a limit here tells hanging from slow, nothing finer.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    // What a developer's own shell has set must not lead a test anywhere.
    env: { ZKUBECTL_CONFIG: '', KUBECONFIG: '', XDG_STATE_HOME: '', XDG_CACHE_HOME: '', XDG_CONFIG_HOME: '' },
  },
});
