import fs from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { makeTempDir, runMain } from '../support/io.ts';

function home(config?: string, upstream?: string): { home: string; file: string } {
  const dir = makeTempDir();
  const file = path.join(dir, '.config', 'zkubectl', 'config.yaml');
  const write = (name: string, text: string) => {
    fs.mkdirSync(path.dirname(name), { recursive: true });
    fs.writeFileSync(name, text);
  };
  if (config !== undefined) write(file, config);
  if (upstream !== undefined) write(path.join(dir, '.config', 'zalando-kubectl', 'zalando-kubectl.yaml'), upstream);
  return { home: dir, file };
}

interface Shown {
  items: { key: string; value: string; source: string }[];
}

async function shown(options: {
  home: string;
  env?: Record<string, string>;
}): Promise<Map<string, { value: string; source: string }>> {
  const { stdout } = await runMain(['configure', '-o', 'json'], options);
  return new Map((JSON.parse(stdout) as Shown).items.map(item => [item.key, item]));
}

describe('configure', () => {
  test('a new file names the schema beside it; a file that is there is left its first line', async () => {
    const { home: dir, file } = home();
    expect(await runMain(['configure', 'auth.client_id=new'], { home: dir })).toMatchObject({ code: 0 });
    expect(fs.readFileSync(file, 'utf8')).toBe(
      '# yaml-language-server: $schema=./config.schema.json\nauth:\n  client_id: new\n',
    );
    const schema = path.join(path.dirname(file), 'config.schema.json');
    expect(fs.readFileSync(schema, 'utf8')).toBe(fs.readFileSync('docs/config.schema.json', 'utf8'));
    expect(await runMain(['configure', 'auth.client_id=newer'], { home: dir })).toMatchObject({ code: 0 });
    expect(fs.readFileSync(file, 'utf8').split('\n')[0]).toBe('# yaml-language-server: $schema=./config.schema.json');
    const other = home('auth:\n  client_id: old\n');
    expect(await runMain(['configure', 'auth.client_id=new'], { home: other.home })).toMatchObject({ code: 0 });
    expect(fs.readFileSync(other.file, 'utf8')).toBe('auth:\n  client_id: new\n');
    expect(fs.readdirSync(path.dirname(other.file))).toEqual(['config.yaml']);
  });

  test('writes keys, 0600 in a folder of 0700, keeping comments', async () => {
    const { home: dir, file } = home('# ours\nauth:\n  # who\n  client_id: old # short\n');
    const { code, stdout, stderr } = await runMain(
      ['configure', 'auth.client_id=new', 'registry.url=https://r.example.org', 'auth.redirect_ports=8000,0'],
      { home: dir },
    );
    expect([code, stdout]).toEqual([0, '']);
    expect(stderr).toContain(file);
    const text = fs.readFileSync(file, 'utf8');
    expect(text).toContain('# ours');
    expect(text).toContain('# who');
    expect(parse(text)).toEqual({
      auth: { client_id: 'new', redirect_ports: [8000, 0] },
      registry: { url: 'https://r.example.org' },
    });
    expect(fs.statSync(file).mode & 0o777).toBe(0o600);
    expect(fs.statSync(path.dirname(file)).mode & 0o777).toBe(0o700);
  });

  test("upstream's flags work, also without a scheme", async () => {
    const { home: dir, file } = home();
    expect(
      (
        await runMain(
          [
            'configure',
            '--cluster-registry',
            'https://registry.example.org',
            '--okta-auth',
            'okta.example.org',
            '--privileged-access-api=https://access.example.org',
          ],
          { home: dir },
        )
      ).code,
    ).toBe(0);
    expect(parse(fs.readFileSync(file, 'utf8'))).toEqual({
      registry: { url: 'https://registry.example.org' },
      auth: { issuer: 'https://okta.example.org' },
      access: { url: 'https://access.example.org' },
    });
  });

  test('shows every value in force and its source: flag > environment > file > default', async () => {
    const { home: dir, file } = home('auth:\n  client_id: from-file\n  issuer: https://file.example.org\n');
    const values = await shown({ home: dir, env: { ZKUBECTL_AUTH_ISSUER: 'https://env.example.org' } });
    expect(values.get('auth.client_id')).toMatchObject({ value: 'from-file', source: `${file}:2` });
    expect(values.get('auth.issuer')).toMatchObject({
      value: 'https://env.example.org',
      source: 'ZKUBECTL_AUTH_ISSUER',
    });
    expect(values.get('auth.scopes')).toMatchObject({
      value: ['openid', 'email', 'groups', 'offline_access'],
      source: 'default',
    });
    expect(values.get('registry.url')).toMatchObject({ value: null, source: null });
    expect(values.get('auth.redirect_ports')).toMatchObject({ value: [0] });
    expect((await runMain(['configure'], { home: dir })).stdout).toMatch(/^registry\.url +- +not set$/m);
  });

  test("with no file, upstream's is read; the first write takes its values over", async () => {
    const { home: dir, file } = home(
      undefined,
      'cluster_registry: https://up.example.org\nokta_auth: https://okta.example.org\nsomething_else: 1\n',
    );
    expect((await shown({ home: dir })).get('registry.url')).toMatchObject({
      value: 'https://up.example.org',
      source: expect.stringContaining('zalando-kubectl.yaml:1'),
    });
    expect((await runMain(['configure', 'access.url=https://access.example.org'], { home: dir })).code).toBe(0);
    expect(parse(fs.readFileSync(file, 'utf8'))).toEqual({
      registry: { url: 'https://up.example.org' },
      auth: { issuer: 'https://okta.example.org' },
      access: { url: 'https://access.example.org' },
    });
  });

  test("upstream's variables", async () => {
    const values = await shown({
      home: makeTempDir(),
      env: {
        ZALANDO_KUBECTL_CLUSTER_REGISTRY: 'registry.example.org',
        ZKUBECTL_AUTH_ISSUER: 'https://ours',
        ZALANDO_KUBECTL_OKTA_AUTH: 'https://theirs',
      },
    });
    expect(values.get('registry.url')).toMatchObject({
      value: 'https://registry.example.org',
      source: 'ZALANDO_KUBECTL_CLUSTER_REGISTRY',
    });
    expect(values.get('auth.issuer')).toMatchObject({ value: 'https://ours' });
  });

  test('--unset takes a key out', async () => {
    const { home: dir, file } = home('kubectl:\n  path: /x\nauth:\n  client_id: a\n');
    const { code, stderr } = await runMain(['configure', '--unset', 'kubectl.path'], { home: dir });
    expect([code, stderr]).toEqual([0, `removed kubectl.path from ${file}\n`]);
    expect(parse(fs.readFileSync(file, 'utf8'))).toEqual({ auth: { client_id: 'a' } });
    // A key that is not there was not removed.
    const again = await runMain(['configure', '--unset', 'kubectl.path', '--unset', 'auth.client_id'], { home: dir });
    expect([again.code, again.stderr]).toEqual([
      0,
      `removed auth.client_id from ${file}\nnot set in ${file}: kubectl.path\n`,
    ]);
  });

  test.each([
    ['registry:\n  ulr: https://x\n', /config\.yaml:2: unknown key registry\.ulr/, 'did you mean registry.url?'],
    ['auht:\n  issuer: https://x\n', /config\.yaml:1: unknown key auht/, 'did you mean auth?'],
    ['auth:\n  redirect_ports: [eighty]\n', /config\.yaml:2: auth\.redirect_ports must be a list of port numbers/, ''],
    ['auth:\n  flow: devise\n', /config\.yaml:2: auth\.flow must be one of/, 'did you mean device?'],
    ['auth:\n  issuer: 7\n', /config\.yaml:2: auth\.issuer must be an http\(s\) URL/, ''],
    ['auth: [\n', /config\.yaml:2:1:/, ''],
    ['auth:\n  client_id: a\n  client_id: b\n', /config\.yaml:3:/, ''],
    ['- a\n', /config\.yaml:1: expected sections/, ''],
  ])('%j is exit 2 naming file and line, and stays as it is', async (text, message, hint) => {
    const { home: dir, file } = home(text);
    for (const argv of [['list'], ['configure', 'auth.client_id=x']]) {
      const { code, stderr } = await runMain(argv, { home: dir });
      expect(code).toBe(2);
      expect(stderr).toMatch(message);
      if (hint === '') expect(stderr).not.toContain('did you mean');
      else expect(stderr).toContain(hint);
    }
    expect(fs.readFileSync(file, 'utf8')).toBe(text);
  });

  test('a wrong value or key on the command line is exit 2 and writes nothing', async () => {
    const { home: dir, file } = home();
    for (const pair of [
      'auth.flow=devise',
      'auth.isuer=https://x',
      'nothing',
      'registry.url=ftp://x',
      'auth.redirect_ports=99999',
    ]) {
      expect((await runMain(['configure', pair], { home: dir })).code).toBe(2);
    }
    expect(fs.existsSync(file)).toBe(false);
  });

  test('ZKUBECTL_CONFIG names the file; a variable that wins is told', async () => {
    const file = path.join(makeTempDir(), 'deep', 'mine.yaml');
    const { code, stderr } = await runMain(['configure', 'auth.client_id=a'], {
      env: { ZKUBECTL_CONFIG: file, ZKUBECTL_AUTH_CLIENT_ID: 'b' },
    });
    expect(code).toBe(0);
    expect(stderr).toContain('ZKUBECTL_AUTH_CLIENT_ID is set and overrides');
    expect(parse(fs.readFileSync(file, 'utf8'))).toEqual({ auth: { client_id: 'a' } });
  });

  test('a config that is a directory or a FIFO is an error, at once', async () => {
    const { home: dir, file } = home();
    fs.mkdirSync(file, { recursive: true });
    expect((await runMain(['list'], { home: dir })).code).toBe(2);
  });
});

describe('a configuration that others can change', () => {
  const config = 'auth:\n  client_id: mine\n';
  const files: [string, (h: { home: string; file: string }) => string][] = [
    ['config.yaml', ({ file }) => file],
    ["upstream's", ({ home: dir }) => path.join(dir, '.config', 'zalando-kubectl', 'zalando-kubectl.yaml')],
  ];
  const made = (name: string) =>
    name === 'config.yaml' ? home(config) : home(undefined, 'okta_auth: id.example.org\n');

  test.each(files.flatMap(([name, find]) => [0o664, 0o646, 0o666].map(mode => [name, mode, find] as const)))(
    '%s with mode %o is refused, and told how to mend it',
    async (name, mode, find) => {
      const world = made(name);
      const file = find(world);
      fs.chmodSync(file, mode);
      for (const argv of [['list'], ['configure'], ['credentials', 'x']])
        expect(await runMain(argv, { home: world.home })).toMatchObject({
          code: 2,
          stdout: '',
          stderr: expect.stringContaining(`${file} is writable by others\nzkubectl: hint: chmod go-w `),
        });
      fs.chmodSync(file, 0o644);
      expect((await runMain(['configure'], { home: world.home })).code).toBe(0);
    },
  );

  test.skipIf(process.getuid?.() !== 0)("somebody else's is refused, also behind a link; root's is not", async () => {
    for (const [name, find] of files) {
      const world = made(name);
      const file = find(world);
      fs.chownSync(file, 1234, 1234);
      const refused = { code: 2, stderr: expect.stringContaining('belongs to another user') };
      expect(await runMain(['configure'], { home: world.home })).toMatchObject(refused);
      const link = path.join(world.home, 'link.yaml');
      fs.symlinkSync(file, link);
      if (name === 'config.yaml')
        expect(await runMain(['configure'], { home: world.home, env: { ZKUBECTL_CONFIG: link } })).toMatchObject(
          refused,
        );
      fs.chownSync(file, 0, 0);
      expect((await runMain(['configure'], { home: world.home })).code).toBe(0);
    }
  });
});

describe('configure --domain', () => {
  const NAME = '_zalando-kubectl._autoconfig.example.org';
  const RECORD = 'registry.url=https://registry.example.org; okta_auth=id.example.org auth.client_id=kubectl';
  const asked: string[] = [];
  const world = (record: string | { code: string }, options: Parameters<typeof runMain>[1] = {}) => {
    const { home: dir, file } = home();
    asked.length = 0;
    const textRecords = (name: string) => {
      asked.push(name);
      return typeof record === 'string'
        ? Promise.resolve([record])
        : Promise.reject(Object.assign(new Error('dns'), record));
    };
    const configure = (...argv: string[]) =>
      runMain(['configure', '--domain', 'example.org', ...argv], { home: dir, textRecords, ...options });
    return { configure, file, home: dir };
  };
  const terminal = { tty: true };

  test('shows what the record has, and writes it after a yes', async () => {
    const { configure, home: dir } = world(RECORD, { ...terminal, answers: [{ confirm: true }] });
    const { code, stderr } = await configure('auth.client_id=mine');
    expect(code).toBe(0);
    expect(stderr).toContain(
      `${NAME} has:\n  registry.url=https://registry.example.org\n  auth.issuer=https://id.example.org\n`,
    );
    expect(asked).toEqual([NAME]);
    const values = await shown({ home: dir });
    expect(values.get('registry.url')?.value).toBe('https://registry.example.org');
    expect(values.get('auth.issuer')?.value).toBe('https://id.example.org');
    // The command line wins.
    expect(values.get('auth.client_id')?.value).toBe('mine');
  });

  test('shows the values that it replaces, and warns of a token that would go elsewhere', async () => {
    const before = { ZKUBECTL_REGISTRY_URL: 'https://old.example.org', ZKUBECTL_REGISTRY_TOKEN_COMMAND: 'echo token' };
    const { configure } = world(RECORD, { ...terminal, env: before, answers: [{ confirm: true }] });
    const { stderr } = await configure();
    expect(stderr).toContain('  registry.url=https://registry.example.org (now https://old.example.org)\n');
    expect(stderr).toContain('registry.token_command stays set: its token goes to https://registry.example.org');
  });

  test('no: 1, and without a terminal 2: nothing is written', async () => {
    const no = world(RECORD, { ...terminal, answers: [{ confirm: false }] });
    expect(await no.configure()).toMatchObject({ code: 1, stderr: expect.stringContaining('nothing changed') });
    expect(fs.existsSync(no.file)).toBe(false);
    const piped = world(RECORD);
    expect(await piped.configure()).toMatchObject({ code: 2, stderr: expect.stringContaining('add --yes') });
    expect(fs.existsSync(piped.file)).toBe(false);
    expect(await piped.configure('--yes')).toMatchObject({ code: 0 });
    expect(fs.existsSync(piped.file)).toBe(true);
  });

  test.each([
    ['kubectl.path=/tmp/evil', 'a record cannot set that'],
    ['kubectl.mirror=https://evil.example.org', 'a record cannot set that'],
    ['tls.ca_file=/tmp/ca', 'a record cannot set that'],
    ['registry.token_command=id', 'a record cannot set that'],
    ['auth.params=a=b', 'a record cannot set that'],
    ['v=spf1', 'a record cannot set that'],
    ['registry.url', 'a record cannot set that'],
    ['registry.url=http://registry.example.org', 'registry.url must be an https URL'],
    ['dashboard.url=javascript:alert(1)', 'dashboard.url must be an https URL'],
    ['access.url=https://good.example@evil.example', 'access.url must not have a user name'],
    ['access.url=https://a\u202e.example', 'access.url has characters that are not printable ASCII'],
    ['auth.issuer=https://a.example auth.issuer=https://b.example', 'has two values for auth.issuer'],
  ])('a record with %s: 2, and nothing is written', async (record, message) => {
    const { configure, file } = world(`registry.url=https://registry.example.org ${record}`);
    expect(await configure('--yes')).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
    expect(fs.existsSync(file)).toBe(false);
  });

  test.each([
    [{ code: 'ENOTFOUND' }, 3, `there is no TXT record ${NAME}`],
    [{ code: 'ENODATA' }, 3, `there is no TXT record ${NAME}`],
    [{ code: 'ETIMEOUT' }, 6, `cannot look up ${NAME}`],
    ['', 3, `the TXT record ${NAME} is empty`],
  ])('%j: exit %i', async (record, code, message) => {
    const { configure } = world(record);
    expect(await configure('--yes')).toMatchObject({ code, stderr: expect.stringContaining(message) });
  });

  test.each(['example', 'a b.org', '-x.org', 'x.org/evil', '127.0.0.1'])('%s is not a domain: 2', async domain => {
    const result = await runMain(['configure', `--domain=${domain}`], { home: makeTempDir() });
    expect(result).toMatchObject({ code: 2, stderr: expect.stringContaining('not a domain') });
  });
});
