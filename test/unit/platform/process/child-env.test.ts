import { expect, test } from 'vitest';
import { withoutSecrets } from '../../../../src/platform/process/child-env.ts';

test("a child's environment is ours without what is secret in it", () => {
  const env = {
    PATH: '/bin',
    ZKUBECTL_TOKEN: 't',
    ZKUBECTL_AUTH_CLIENT_SECRET: 's',
    ZKUBECTL_TOKEN_FILE: '/run/token',
  };
  expect(withoutSecrets(env)).toEqual({ PATH: '/bin', ZKUBECTL_TOKEN_FILE: '/run/token' });
  expect(env.ZKUBECTL_TOKEN).toBe('t');
});
