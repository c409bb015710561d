/** docker's own client takes the credentials of docker-credential-zkubectl. */
import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { fakeService } from '../support/fake-service.ts';
import { BIN, cleanEnv, isThere, shell, start } from '../support/program.ts';

/** A registry that wants a password (RFC 7617). It has no images. */
function imageRegistry() {
  return fakeService(({ headers }) => {
    const api = { 'docker-distribution-api-version': 'registry/2.0' };
    return headers.authorization === undefined
      ? { status: 401, headers: { ...api, 'www-authenticate': 'Basic realm="registry"' } }
      : { status: 404, headers: api, json: { errors: [{ code: 'MANIFEST_UNKNOWN' }] } };
  });
}

test('linked as docker-credential-zkubectl it speaks the protocol', async () => {
  const env: Record<string, string> = {
    ...cleanEnv(),
    ZKUBECTL_TOKEN: 'platform-token',
    ZKUBECTL_DOCKER_REGISTRIES: 'registry.example.org',
  };
  const helper = path.join(env['HOME'] ?? '', 'bin', 'docker-credential-zkubectl');
  fs.symlinkSync(BIN, helper);
  const ask = (line: string) => shell(line, env);
  expect(await ask('echo registry.example.org | docker-credential-zkubectl get')).toMatchObject({
    code: 0,
    stdout: '{"ServerURL":"registry.example.org","Username":"oauth2","Secret":"platform-token"}\n',
  });
  expect(await ask('echo evil.example.org | docker-credential-zkubectl get')).toMatchObject({
    code: 1,
    stdout: 'credentials not found in native keychain\n',
  });
  expect(await ask('docker-credential-zkubectl list')).toMatchObject({
    stdout: '{"https://registry.example.org":"oauth2"}\n',
  });
});

test.skipIf(!isThere('docker'))("docker's client sends the token to the registry, and to no other", async () => {
  const registry = await imageRegistry();
  const other = await imageRegistry();
  try {
    const hostOf = (url: string) => new URL(url).host;
    const env: Record<string, string> = {
      ...cleanEnv(),
      ZKUBECTL_TOKEN: 'platform-token',
      ZKUBECTL_DOCKER_REGISTRIES: hostOf(registry.url),
    };
    fs.symlinkSync(BIN, path.join(env['HOME'] ?? '', 'bin', 'docker-credential-zkubectl'));
    env['PATH'] = `${env['PATH']}:/usr/local/bin`;
    expect(await shell('zk docker configure', env)).toMatchObject({ code: 0 });
    const file = path.join(env['HOME'] ?? '', '.docker', 'config.json');
    const config = JSON.parse(fs.readFileSync(file, 'utf8'));
    config.credHelpers[hostOf(other.url)] = 'zkubectl';
    fs.writeFileSync(file, JSON.stringify(config));
    const inspect = (url: string) =>
      start(['manifest', 'inspect', '--insecure', `${hostOf(url)}/shop:1`], env, 'docker', []).ended;
    expect((await inspect(registry.url)).stderr).toContain('manifest unknown');
    expect(registry.requests.at(-1)?.headers.authorization).toBe(
      `Basic ${Buffer.from('oauth2:platform-token').toString('base64')}`,
    );
    await inspect(other.url);
    expect(other.requests.length).toBeGreaterThan(0);
    expect(other.requests.every(request => request.headers.authorization === undefined)).toBe(true);
  } finally {
    await registry.close();
    await other.close();
  }
});
