/** `aws`: credentials of AWS accounts, and the profiles of the AWS CLI. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Sandbox } from '../../src/sandbox/sandbox.ts';
import { ACCOUNT, accountRolesService, sts } from '../support/aws.ts';
import type { FakeAnswer, FakeService } from '../support/fake-service.ts';
import type { TestIoOptions } from '../support/io.ts';
import { browseAs, clock, filesBelow, person, testSandbox } from '../support/sandbox.ts';

const open: FakeService[] = [];
let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await testSandbox();
});
afterAll(async () => {
  await sandbox.close();
  for (const service of open) await service.close();
});

/** alice, logged in, with a service as zaws has it. */
async function alice(refuse?: (path: string) => FakeAnswer | undefined) {
  const service = await accountRolesService(refuse);
  open.push(service);
  const one = person(sandbox, 'alice', { ZKUBECTL_AWS_URL: `${service.url}/`, ZKUBECTL_AWS_USER_CLAIM: 'sub' });
  expect((await one.run('login', 'foobarlab')).code).toBe(0);
  const file = (name: string) => path.join(one.home, '.aws', name);
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(file(name)), { recursive: true });
    fs.writeFileSync(file(name), text);
  };
  const read = (name: string) => (fs.existsSync(file(name)) ? fs.readFileSync(file(name), 'utf8') : undefined);
  const aws = (...argv: string[]) => one.run('aws', ...argv);
  const awsWith = (options: TestIoOptions, ...argv: string[]) => one.runWith(options, 'aws', ...argv);
  return { one, service, aws, awsWith, file, write, read };
}

/** The infrastructure account of foobarlab in the sandbox. */
async function accountOf(alias: string) {
  const one = person(sandbox, 'alice');
  const { stdout } = await one.runWith({ tty: true }, 'show', alias, '-o', 'json');
  return String(JSON.parse(stdout).infrastructure_account).replace('aws:', '');
}

describe('aws credentials', () => {
  test('is the document of credential_process, with the platform token as bearer', async () => {
    const { aws, service, one } = await alice();
    const { code, stdout, stderr } = await aws('credentials', '--account', ACCOUNT, '--role', 'ReadOnly');
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toEqual({
      Version: 1,
      AccessKeyId: 'ASIAEXAMPLE1',
      SecretAccessKey: 'aws-secret-canary',
      SessionToken: 'aws-session-canary',
      Expiration: expect.stringMatching(/^20\d\d-/),
    });
    const end = new Date(JSON.parse(stdout).Expiration).getTime() - clock.now().getTime();
    expect(Math.abs(end - 3_600_000)).toBeLessThan(5_000);
    const token = (await one.run('token')).stdout.trim();
    expect(service.requests.map(({ url, headers }) => [url, headers.authorization])).toEqual([
      [`/aws-accounts/${ACCOUNT}/roles/ReadOnly/credentials`, `Bearer ${token}`],
    ]);
  });

  test('are kept until five minutes before their end, and asked for once by many', async () => {
    const { aws, awsWith, service } = await alice();
    const line = ['credentials', '--account', ACCOUNT, '--role', 'ReadOnly'];
    const all = await Promise.all(Array.from({ length: 8 }, () => aws(...line)));
    expect([new Set(all.map(run => run.stdout)).size, service.requests.length]).toEqual([1, 1]);
    expect((await aws(...line, '--offline')).stdout).toBe(all[0]?.stdout);
    const at = (ms: number) => ({ now: () => new Date(clock.now().getTime() + ms) });
    expect((await awsWith(at(54 * 60_000), ...line)).stdout).toBe(all[0]?.stdout);
    expect((await awsWith(at(56 * 60_000), ...line)).stdout).not.toBe(all[0]?.stdout);
    expect((await aws(...line, '-r')).stdout).toContain('ASIAEXAMPLE3');
    expect(service.requests).toHaveLength(3);
  });

  test('logout deletes them, and no file of the cache has them', async () => {
    const { aws, one } = await alice();
    await aws('credentials', '--account', ACCOUNT, '--role', 'ReadOnly');
    const secrets = () =>
      filesBelow(one.home).filter(name => fs.readFileSync(name, 'utf8').includes('aws-secret-canary'));
    expect(secrets().map(name => name.includes('/.cache/'))).toEqual([false]);
    expect(fs.statSync(secrets()[0] ?? '').mode & 0o777).toBe(0o600);
    await one.run('logout');
    expect(secrets()).toEqual([]);
  });

  test("one user's credentials are not given to the next, and a logout meanwhile is final", async () => {
    const { one, aws, service } = await alice();
    const line = ['credentials', '--account', ACCOUNT, '--role', 'ReadOnly'];
    const first = await aws(...line);
    const tokens = filesBelow(one.home).filter(name => name.includes(`${path.sep}tokens${path.sep}`));
    for (const name of tokens) fs.rmSync(name);
    expect((await one.runWith({ browser: url => browseAs('bob', url) }, 'login', 'foobarlab')).code).toBe(0);
    const other = await aws(...line);
    expect([other.code, other.stdout === first.stdout, service.requests.length]).toEqual([0, false, 2]);
  });

  test('six aliases at once are all kept', async () => {
    const { aws } = await alice();
    const names = ['a1', 'a2', 'a3', 'a4', 'a5', 'a6'];
    await Promise.all(names.map(name => aws('alias', 'foo', 'ReadOnly', name)));
    const runs = await Promise.all(names.map(name => aws('credentials', '--account', name)));
    expect(runs.map(({ code }) => code)).toEqual(names.map(() => 0));
  });

  test.each([
    ['a control character', { secret_access_key: 'x\n[default]' }],
    ['an end in the past', { expiration: '2001-01-01T00:00:00Z' }],
  ])('%s in the answer is exit 6', async (_, wrong) => {
    const json = { access_key_id: 'ASIA', secret_access_key: 'x', session_token: 'y', ...wrong };
    const { aws } = await alice(url => (url.endsWith('/credentials') ? { json } : undefined));
    expect(await aws('credentials', '--account', ACCOUNT, '--role', 'ReadOnly')).toMatchObject({ code: 6, stdout: '' });
  });

  test('a role that would be another path is refused', async () => {
    const { aws, service } = await alice();
    for (const role of ['..', '.', 'a/../b', '/'])
      expect((await aws('credentials', '--account', ACCOUNT, '--role', role)).code).toBe(2);
    expect(service.requests).toEqual([]);
  });

  test('the account: of the current cluster, of --cluster, by name, by alias, by default', async () => {
    const { aws, service } = await alice();
    const asked = () => service.requests.at(-1)?.url;
    const own = await accountOf('foobarlab');
    expect((await aws('credentials', '--role', 'ReadOnly')).code).toBe(0);
    expect(asked()).toBe(`/aws-accounts/${own}/roles/ReadOnly/credentials`);
    await aws('credentials', '--cluster', 'abckub', '--role', 'ReadOnly');
    expect(asked()).toBe(`/aws-accounts/${await accountOf('abckub')}/roles/ReadOnly/credentials`);
    // The only role of an account needs no name.
    await aws('credentials', '--account', 'bar');
    expect(asked()).toBe('/aws-accounts/210987654321/roles/ReadOnly/credentials');
    expect(await aws('alias', 'foo', 'PowerUser', 'pu')).toMatchObject({ code: 0 });
    await aws('credentials', '--account', 'pu');
    expect(asked()).toBe(`/aws-accounts/${ACCOUNT}/roles/PowerUser/credentials`);
    expect((await aws('set-default', 'foo', 'ReadOnly')).stderr).toBe(
      `the default is now ReadOnly in the AWS account foo (${ACCOUNT})\n`,
    );
    await aws('credentials');
    expect(asked()).toBe(`/aws-accounts/${ACCOUNT}/roles/ReadOnly/credentials`);
  });

  test.each([
    [['credentials', '--account', 'foo'], 2, 'you have 2 roles in the AWS account 123456789012: PowerUser, ReadOnly'],
    [['credentials', '--account', 'fooo'], 3, 'did you mean foo?'],
    [['credentials', '--account', '999999999999'], 3, 'you have no role in the AWS account 999999999999'],
    [['credentials', '--account', 'foo', '--cluster', 'abckub'], 2, 'cannot be used together'],
    [['credentials', '--account', ACCOUNT, '--role', 'a b'], 2, 'cannot be the name of a role'],
    [['alias', 'foo', 'ReadOnly', 'a b'], 2, 'cannot be the name of an alias'],
    [['alias', 'foo', 'ReadOnly', ACCOUNT], 2, 'an alias cannot be an account id'],
    [['login', 'foo', 'ReadOnly', '--profile', 'x]\n[default'], 2, 'cannot be the name of a profile'],
  ])('%j is exit %i', async (argv, code, words) => {
    const { aws, read } = await alice();
    const result = await aws(...argv);
    expect([result.code, result.stdout]).toEqual([code, '']);
    expect(result.stderr).toContain(words);
    expect(read('config')).toBeUndefined();
  });

  test.each([
    ['403', { status: 403, json: { title: 'no' } }, 5],
    ['503', { status: 503 }, 6],
    ['HTML', { body: '<html>' }, 6],
    [
      'a secret with a line break',
      { json: { access_key_id: 'a', secret_access_key: 'b\n[x]', session_token: 'c' } },
      6,
    ],
    ['nothing', { json: {} }, 6],
  ] as [string, FakeAnswer, number][])(
    'a service that answers %s: nothing is printed or kept',
    async (_, answer, code) => {
      const { aws, one } = await alice(() => answer);
      expect(await aws('credentials', '--account', ACCOUNT, '--role', 'ReadOnly')).toMatchObject({ code, stdout: '' });
      expect(filesBelow(one.home).some(name => name.includes('aws-credentials'))).toBe(false);
    },
  );

  test('not logged in, not configured, and without the claim', async () => {
    const { service } = await alice();
    const env = { ZKUBECTL_AWS_URL: service.url };
    const line = ['aws', 'credentials', '--account', ACCOUNT, '--role', 'ReadOnly'];
    expect(await person(sandbox, 'alice', env).run(...line)).toMatchObject({ code: 4, stdout: '' });
    const { code, stderr } = await person(sandbox, 'alice').run(...line);
    expect([code, stderr]).toEqual([2, expect.stringContaining('no source of AWS credentials is configured')]);
    const one = person(sandbox, 'alice', env);
    await one.run('login', 'foobarlab');
    const roles = await one.run('aws', 'roles');
    expect([roles.code, roles.stderr]).toEqual([2, expect.stringContaining('aws.user_claim')]);
  });
});

describe('aws roles', () => {
  test('lists accounts and roles with aliases; aws list is the same', async () => {
    const { aws, service } = await alice();
    await aws('alias', 'foo', 'PowerUser', 'pu');
    const { stdout } = await aws('roles');
    expect(service.requests.at(-1)?.url).toBe('/aws-account-roles/alice');
    expect(stdout.split('\n').map(line => line.trim().split(/[│ ]+/))).toEqual([
      ['Account', 'Id', 'Role', 'Alias', 'Default'],
      ['bar', '210987654321', 'ReadOnly'],
      ['foo', ACCOUNT, 'PowerUser', 'pu'],
      ['foo', ACCOUNT, 'ReadOnly'],
      [''],
    ]);
    expect((await aws('list')).stdout).toBe(stdout);
    expect(JSON.parse((await aws('roles', '-o', 'json')).stdout).items[1]).toEqual({
      account_id: ACCOUNT,
      account_name: 'foo',
      role_name: 'PowerUser',
      aliases: ['pu'],
      isDefault: false,
    });
  });
});

describe('aws login', () => {
  test('writes a profile that runs this program, and no secret; other profiles and comments stay', async () => {
    const { aws, write, read, file } = await alice();
    write('config', '# mine\n[default]\nregion = eu-west-1\n');
    const { code, stderr } = await aws('login', 'foo', 'ReadOnly');
    expect([code, stderr]).toEqual([
      0,
      `logged in to the AWS account ${ACCOUNT} as ReadOnly; the profile foo is in ${file('config')}\nzkubectl: hint: export AWS_PROFILE=foo\n`,
    ]);
    expect(read('config')).toBe(
      `# mine\n[default]\nregion = eu-west-1\n\n[profile foo]\ncredential_process = /opt/zkubectl/bin/zkubectl aws credentials --account ${ACCOUNT} --role ReadOnly\n`,
    );
    expect(read('credentials')).toBeUndefined();
    const before = fs.statSync(file('config')).ino;
    expect((await aws('login', 'foo', 'ReadOnly')).code).toBe(0);
    expect(fs.statSync(file('config')).ino).toBe(before);
  });

  test('of a cluster, it has the region too', async () => {
    const { aws, read } = await alice();
    expect((await aws('login', '--cluster', 'foobarlab', '--role', 'ReadOnly')).code).toBe(0);
    expect(read('config')).toMatch(/^\[profile foobarlab\]\ncredential_process = .*\nregion = eu-central-1\n$/);
  });

  test('--static writes the credentials; permanent keys are replaced only after a question', async () => {
    const { aws, write, read, file } = await alice();
    write('credentials', '[default]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n');
    const line = ['login', 'foo', 'ReadOnly', '--static', '--profile', 'default'];
    const asked = await aws(...line);
    expect([asked.code, asked.stderr]).toEqual([2, expect.stringContaining('permanent keys (AKIAOLD)')]);
    expect(read('credentials')).toContain('AKIAOLD');
    expect(await aws(...line, '--yes')).toMatchObject({ code: 0 });
    expect(read('credentials')).toBe(
      '[default]\naws_access_key_id = ASIAEXAMPLE2\naws_secret_access_key = aws-secret-canary\naws_session_token = aws-session-canary\n',
    );
    // Temporary keys are replaced without a question.
    expect((await aws(...line)).code).toBe(0);
    await aws('login', 'foo', 'ReadOnly', '--static', '--profile', 'new');
    // Whatever the mode was before.
    expect(fs.statSync(file('credentials')).mode & 0o777).toBe(0o600);
  });

  test('keys that AWS would prefer, and the command of somebody else, are replaced only after a question', async () => {
    const { aws, awsWith, write, read } = await alice();
    write('credentials', '[foo]\naws_access_key_id = AKIAOLD\naws_secret_access_key = old\n# end\n');
    write('config', '[profile foo]\ncredential_process = other tool\n');
    const login = ['login', 'foo', 'ReadOnly'];
    const declined = await awsWith({ tty: true, answers: [{ confirm: false }] }, ...login);
    expect([declined.code, declined.stderr]).toEqual([1, expect.stringContaining('nothing was changed')]);
    expect(read('config')).toContain('other tool');
    expect((await aws(...login)).code).toBe(2);
    expect(read('credentials')).toContain('AKIAOLD');
    expect((await awsWith({ tty: true, answers: [{ confirm: true }, { confirm: true }] }, ...login)).code).toBe(0);
    expect(read('credentials')).toBe('[foo]\n# end\n');
    expect(read('config')).toMatch(/^\[profile foo\]\ncredential_process = \/opt\/zkubectl.*\n$/);
  });

  test('keys stay where the profile cannot be written; indented keys are seen', async () => {
    const { aws, write, read, file } = await alice();
    const keys = '[foo]\n    aws_access_key_id = AKIAOLD\n    aws_secret_access_key = old\n';
    write('credentials', keys);
    fs.mkdirSync(file('config'));
    const { code, stderr } = await aws('login', 'foo', 'ReadOnly', '--yes');
    expect([code, stderr, read('credentials')]).toEqual([1, expect.stringContaining('cannot read'), keys]);
    fs.rmdirSync(file('config'));
    expect((await aws('login', 'foo', 'ReadOnly')).code).toBe(2);
    expect((await aws('login', 'foo', 'ReadOnly', '--static')).code).toBe(2);
    expect((await aws('login', 'foo', 'ReadOnly', '--yes')).code).toBe(0);
    expect(read('credentials')).toBe('[foo]\n');
  });

  test('a file that is not UTF-8 stays as it is', async () => {
    const { aws, write, file } = await alice();
    write('config', '');
    const bytes = Buffer.from('# Schl\u00fcssel\n', 'latin1');
    fs.writeFileSync(file('config'), bytes);
    expect((await aws('login', 'foo', 'ReadOnly')).code).toBe(1);
    expect(fs.readFileSync(file('config'))).toEqual(bytes);
  });

  test('a path that a shell would read is not written into a profile', async () => {
    const { awsWith, read } = await alice();
    const self = { file: '/opt/sp $(touch pw)/zkubectl', args: [] };
    const { code, stderr } = await awsWith({ self }, 'login', 'foo', 'ReadOnly');
    expect([code, stderr, read('config')]).toEqual([1, expect.stringContaining('special characters'), undefined]);
  });

  test('require says nothing when the profile is there, and fails where credentials are refused', async () => {
    let isRefused = false;
    const { aws, read } = await alice(url => (isRefused && url.endsWith('/credentials') ? { status: 403 } : undefined));
    const first = await aws('require', 'foo', 'ReadOnly');
    expect([first.code, read('config')]).toEqual([0, expect.stringContaining('[profile foo]')]);
    expect(await aws('require', 'foo', 'ReadOnly')).toMatchObject({ code: 0, stdout: '', stderr: '' });
    isRefused = true;
    expect((await aws('require', 'bar', 'ReadOnly')).code).toBe(5);
    expect(read('config')).not.toContain('[profile bar]');
  });
});

describe('by STS', () => {
  async function bySts(refusal?: Parameters<typeof sts>[1], secret?: string) {
    const service = await sts(clock.now, refusal, secret);
    open.push(service);
    const one = person(sandbox, 'alice', {
      ZKUBECTL_AWS_ROLE_ARN: 'arn:aws:iam::{account}:role/{role}',
      ZKUBECTL_AWS_STS_URL: service.url,
    });
    expect((await one.run('login', 'foobarlab')).code).toBe(0);
    return { one, service };
  }

  test("assumes the role with the cluster's ID token", async () => {
    const { one, service } = await bySts();
    const { code, stdout } = await one.run('aws', 'credentials', '--cluster', 'foobarlab', '--role', 'ReadOnly');
    expect([code, JSON.parse(stdout).AccessKeyId]).toEqual([0, 'ASIASTS']);
    const [request] = service.requests;
    const token = (await one.run('token', '--cluster', 'foobarlab')).stdout.trim();
    expect(Object.fromEntries(new URLSearchParams(request?.body))).toEqual({
      Action: 'AssumeRoleWithWebIdentity',
      Version: '2011-06-15',
      RoleArn: `arn:aws:iam::${await accountOf('foobarlab')}:role/ReadOnly`,
      RoleSessionName: 'alice@example.org',
      WebIdentityToken: token,
    });
    expect(request?.headers.authorization).toBeUndefined();
    expect(
      (await one.run('aws', 'credentials', '--cluster', 'foobarlab', '--role', 'ReadOnly', '--offline')).stdout,
    ).toBe(stdout);
  });

  test('an answer with lines of its own is refused, and the token is not shown when STS echoes it', async () => {
    const { one } = await bySts(undefined, 'x&#10;[default]&#10;credential_process = touch /tmp/x');
    const { code } = await one.run('aws', 'login', '--cluster', 'foobarlab', '--role', 'x', '--static');
    expect([code, filesBelow(one.home).filter(name => name.includes('.aws'))]).toEqual([6, []]);
    const echo = await bySts({ status: 400, code: 'InvalidIdentityToken', message: 'bad token: TOKEN' });
    const refused = await echo.one.run('aws', 'credentials', '--cluster', 'foobarlab', '--role', 'x', '--debug');
    expect([refused.code, refused.stderr]).toEqual([
      4,
      expect.stringContaining('AWS STS refused the ID token: bad token: …'),
    ]);
    expect(refused.stderr).not.toContain('eyJ');
  });

  test("the registry's region becomes no line of the AWS configuration", async () => {
    const clusters = `clusters:
- id: "aws:${ACCOUNT}:eu:kube-1"
  alias: foobarlab
  lifecycle_status: ready
  api_server_url: "https://kube-1.example.org"
  infrastructure_account: "aws:${ACCOUNT}"
  region: "eu-central-1\\n\\n[default]\\ncredential_process = sh"
`;
    const service = await accountRolesService();
    open.push(service);
    const one = person(sandbox, 'alice', {
      ZKUBECTL_AWS_URL: service.url,
      ZKUBECTL_TOKEN: 'x',
      ZKUBECTL_AWS_ROLE: 'ReadOnly',
    });
    const file = path.join(one.home, 'clusters.yaml');
    fs.writeFileSync(file, clusters);
    expect((await one.run('configure', `registry.file=${file}`, '--unset', 'registry.url')).code).toBe(0);
    expect((await one.run('aws', 'login', '--cluster', 'foobarlab')).code).toBe(0);
    expect(fs.readFileSync(path.join(one.home, '.aws', 'config'), 'utf8')).not.toMatch(/default|region/);
  });

  test('without a role, or refused', async () => {
    const { one, service } = await bySts({ status: 403, code: 'AccessDenied', message: 'Not authorized\u001b[31m' });
    const none = await one.run('aws', 'credentials', '--cluster', 'foobarlab');
    expect([none.code, none.stderr, service.requests.length]).toEqual([2, expect.stringContaining('--role ROLE'), 0]);
    const refused = await one.run('aws', 'credentials', '--cluster', 'foobarlab', '--role', 'x');
    expect([refused.code, refused.stderr]).toEqual([5, expect.stringContaining('AWS STS: Not authorized')]);
    expect(refused.stderr).not.toContain('\u001b');
    const unknown = await one.run('aws', 'credentials', '--account', '999999999999', '--role', 'x');
    expect([unknown.code, unknown.stderr]).toEqual([3, expect.stringContaining('the registry has no ready cluster')]);
  });
});
