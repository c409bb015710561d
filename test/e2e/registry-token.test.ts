/** A registry whose bearer comes from another place than the login. */
import fs from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type FakeService, fakeService } from '../support/fake-service.ts';
import { makeTempDir, runMain } from '../support/io.ts';
import { programs, writeProgram } from '../support/programs.ts';

const open: FakeService[] = [];
afterEach(async () => {
  for (const service of open.splice(0)) await service.close();
});

async function registry(status = 200) {
  const service = await fakeService(() => ({ status, json: { items: [] } }));
  open.push(service);
  const bearers = () => service.requests.map(request => request.headers.authorization);
  const list = (env: Record<string, string>) =>
    runMain(['list'], {
      env: { ZKUBECTL_REGISTRY_URL: service.url, ZKUBECTL_AUTH_ISSUER: 'https://id.example.org', ...env },
    });
  return { list, bearers };
}

describe('the bearer of the registry', () => {
  test('registry.token_command: split as a shell would, without one', async () => {
    const { dir, argv } = programs({ ztoken: 'echo canary-token' });
    const { list, bearers } = await registry();
    const env = { PATH: `${dir}:/usr/bin:/bin`, ZKUBECTL_REGISTRY_TOKEN_COMMAND: "ztoken token -n 'a b;$(x)'" };
    expect((await list(env)).code).toBe(0);
    expect([bearers(), argv('ztoken')]).toEqual([['Bearer canary-token'], [['token', '-n', 'a b;$(x)']]]);
  });

  test('registry.token_file, OAUTH2_ACCESS_TOKENS, CREDENTIALS_DIR', async () => {
    const dir = makeTempDir();
    fs.writeFileSync(path.join(dir, 'kubectl-token-secret'), 'from-folder\n');
    fs.writeFileSync(path.join(dir, 'token'), 'from-file\n');
    const { list, bearers } = await registry();
    for (const env of [
      { ZKUBECTL_REGISTRY_TOKEN_FILE: path.join(dir, 'token'), ZKUBECTL_TOKEN: 'everything' },
      { OAUTH2_ACCESS_TOKENS: 'other=x,kubectl=from-variable' },
      { CREDENTIALS_DIR: dir },
      { CREDENTIALS_DIR: dir, ZKUBECTL_TOKEN: 'everything' },
    ] as Record<string, string>[])
      expect((await list(env)).code).toBe(0);
    expect(bearers()).toEqual(
      ['from-file', 'from-variable', 'from-folder', 'everything'].map(token => `Bearer ${token}`),
    );
  });

  test('on 401 it is read again; what fails is exit 4, and no token is shown', async () => {
    const dir = makeTempDir();
    const command = writeProgram(
      path.join(dir, 'mint'),
      `echo x >> '${dir}/n'; echo "canary-$(wc -l < '${dir}/n' | tr -d ' ')"`,
    );
    const { list, bearers } = await registry(401);
    const { code, stderr, stdout } = await list({ ZKUBECTL_REGISTRY_TOKEN_COMMAND: command, PATH: '/usr/bin:/bin' });
    expect([code, bearers()]).toEqual([4, ['Bearer canary-1', 'Bearer canary-2']]);
    expect(stderr + stdout).not.toContain('canary');
  });

  test.each([
    ['exit 3', 'echo "no keyring" >&2; exit 3', 4, 'registry.token_command failed (exit code 3): no keyring'],
    ['nothing', 'true', 4, 'registry.token_command gave no token'],
    ['two lines', 'printf "canary one\\ntwo"', 4, 'contains characters'],
  ])('a command that gives %s: %s', async (_what, script, exit, words) => {
    const command = writeProgram(path.join(makeTempDir(), 'mint'), script);
    const { list, bearers } = await registry();
    const { code, stderr } = await list({ ZKUBECTL_REGISTRY_TOKEN_COMMAND: command, PATH: '/usr/bin:/bin' });
    expect([code, bearers(), stderr.includes('canary')]).toEqual([exit, [], false]);
    expect(stderr).toContain(words);
  });

  test.each(['./mint', 'nosuchcommand'])('%s is not run from the current directory: 2', async command => {
    const { list } = await registry();
    expect((await list({ ZKUBECTL_REGISTRY_TOKEN_COMMAND: command })).code).toBe(2);
  });
});
