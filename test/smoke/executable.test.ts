/** What only an executable could get wrong: what it is led by, what it leaves behind, how it gets onto a machine. */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { makeTempDir } from '../support/io.ts';
import { BIN, cleanEnv, isThere, run, start } from '../support/program.ts';
import { writeProgram } from '../support/programs.ts';

describe('an executable is led by nothing but its arguments and our own variables', () => {
  let env: Record<string, string>;
  let evil: string;
  beforeAll(() => {
    env = cleanEnv();
    const dir = makeTempDir();
    evil = path.join(dir, 'evil.js');
    fs.writeFileSync(evil, "process.stdout.write('EVIL'); process.exit(66);\n");
  });

  const asked = async (extra: Record<string, string>, argv = ['--version']) => {
    const { code, stdout, stderr } = await run(argv, { ...env, ...extra });
    return { code, stdout, stderr };
  };
  const honest = { code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/), stderr: '' };

  test.each([
    ['NODE_OPTIONS', (file: string) => `--require=${file}`],
    ['NODE_OPTIONS', () => '--no-such-flag'],
    ['BUN_OPTIONS', (file: string) => `--preload=${file}`],
    ['BUN_OPTIONS', () => '--no-such-flag'],
    ['BUN_BE_BUN', () => '1'],
    ['BUN_INSPECT', () => 'ws://127.0.0.1:1/x?break=1'],
    ['BUN_INSPECT_PRELOAD', (file: string) => file],
    ['BUN_INSPECT_CONNECT_TO', () => 'ws://127.0.0.1:1/'],
  ])('%s (%#)', async (name, value) => {
    expect(await asked({ [name]: value(evil) })).toEqual(honest);
  });

  test('BUN_BE_BUN does not make it a runtime for other scripts', async () => {
    const { stdout } = await asked(
      { BUN_BE_BUN: '1', ZKUBECTL_KUBECTL_PATH: '/bin/echo', KUBERNETES_SERVICE_HOST: '10.0.0.1' },
      ['run', evil],
    );
    expect(stdout).toBe(`run ${evil}\n`);
  });

  test.each(['BUN_BYTECODE_ORDER_OUT', 'BUN_BYTECODE_DIGEST_OUT', 'NODE_COMPILE_CACHE', 'NODE_REDIRECT_WARNINGS'])(
    '%s writes no file',
    async name => {
      const target = path.join(makeTempDir(), 'out');
      expect(await asked({ [name]: target })).toEqual(honest);
      expect(fs.existsSync(target)).toBe(false);
    },
  );

  test.each([
    ['bunfig.toml', (file: string) => `preload = [${JSON.stringify(file)}]\n`],
    ['.bunfig.toml', (file: string) => `preload = [${JSON.stringify(file)}]\n`],
    ['.env', () => 'ZKUBECTL_TOKEN=from-the-current-directory\nFORCE_COLOR=1\n'],
    ['.env.local', () => 'ZKUBECTL_TOKEN=from-the-current-directory\n'],
    ['.env.production', () => 'ZKUBECTL_TOKEN=from-the-current-directory\n'],
    ['package.json', () => '{"type": "module", "imports": {"#x": "./evil.js"}, "main": "evil.js"}'],
    ['tsconfig.json', () => '{"compilerOptions": {"paths": {"*": ["./evil.js"]}}}'],
  ])('%s of the current directory, or of the home', async (name, content) => {
    const cwd = makeTempDir();
    fs.writeFileSync(path.join(cwd, name), content(evil));
    fs.copyFileSync(evil, path.join(cwd, 'evil.js'));
    const command = '"$1" --version && "$1" token';
    const inCwd = await start(['-c', `cd "$2" && ${command}`, 'sh', BIN, cwd], env, '/bin/sh', []).ended;
    const inHome = await start(['-c', command, 'sh', BIN], { ...env, HOME: cwd }, '/bin/sh', []).ended;
    for (const { code, stdout } of [inCwd, inHome]) {
      expect(code).toBe(2);
      expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    }
  });

  test('it unpacks nothing, neither into the temporary folder nor the home', async () => {
    const tmp = makeTempDir();
    const home = makeTempDir();
    expect(await asked({ TMPDIR: tmp, BUN_TMPDIR: tmp, HOME: home })).toEqual(honest);
    expect(await asked({ TMPDIR: tmp, BUN_TMPDIR: tmp, HOME: home }, ['configure'])).toMatchObject({ code: 0 });
    expect([fs.readdirSync(tmp), fs.readdirSync(home)]).toEqual([[], []]);
  });

  test('a kubeconfig names it by the link it was started by, so that an update does not break it', async () => {
    const dir = makeTempDir();
    const link = path.join(dir, 'zkubectl');
    fs.symlinkSync(BIN, link);
    const clusters = path.join(dir, 'clusters.yaml');
    fs.writeFileSync(
      clusters,
      'clusters:\n- {id: "aws:1:eu:kube-1", alias: foobarlab, lifecycle_status: ready, api_server_url: "https://k.example.org"}\n',
    );
    const kubeconfig = path.join(dir, 'config');
    const settings = { ...env, ZKUBECTL_REGISTRY_FILE: clusters, KUBECONFIG: kubeconfig };
    for (const [file, PATH] of [
      [link, env['PATH'] ?? ''],
      ['zkubectl', `${dir}:${env['PATH']}`],
    ] as const) {
      fs.rmSync(kubeconfig, { force: true });
      const started = start(['-c', `${file} use foobarlab`], { ...settings, PATH }, '/bin/sh', []);
      expect(await started.ended).toMatchObject({ code: 0 });
      expect(fs.readFileSync(kubeconfig, 'utf8')).toContain(`command: ${link}\n`);
    }
  });
});

describe('install.sh', () => {
  const script = path.resolve('install.sh');
  const uname = (system: string, machine: string, ldd = 'ldd (GNU libc)') => {
    const dir = makeTempDir();
    const program = (name: string, text: string) => writeProgram(path.join(dir, name), `${text}`);
    program('uname', `case $1 in -s) echo ${system} ;; -m) echo ${machine} ;; esac`);
    program('ldd', `echo '${ldd}'`);
    return `${dir}:/usr/bin:/bin`;
  };
  const release = (name: string, options: { content?: string; sum?: string } = {}) => {
    const dir = path.join(makeTempDir(), 'a release');
    fs.mkdirSync(dir);
    const content = options.content ?? '#!/bin/sh\necho 9.9.9\n';
    const tree = makeTempDir();
    const page = 'share/man/man1/zkubectl.1';
    for (const folder of ['bin', path.dirname(page)]) fs.mkdirSync(path.join(tree, folder), { recursive: true });
    fs.writeFileSync(path.join(tree, 'bin', 'zkubectl'), content, { mode: 0o755 });
    fs.writeFileSync(path.join(tree, page), 'page');
    execFileSync('tar', ['-czf', path.join(dir, name), '-C', tree, 'bin', 'share']);
    const sum =
      options.sum ??
      createHash('sha256')
        .update(fs.readFileSync(path.join(dir, name)))
        .digest('hex');
    fs.writeFileSync(path.join(dir, 'SHA256SUMS'), `${'0'.repeat(64)}  zkubectl-other\n${sum}  ${name}\n`);
    return dir;
  };
  const install = (argv: readonly string[], PATH: string, extra: Record<string, string> = {}) =>
    start([script, ...argv], { PATH, HOME: makeTempDir(), ...extra }, '/bin/sh', []).ended;

  test.each([
    ['Linux', 'x86_64', 'ldd (GNU libc)', 'zkubectl-linux-x64.tar.gz'],
    ['Linux', 'aarch64', 'ldd (GNU libc)', 'zkubectl-linux-arm64.tar.gz'],
    ['Linux', 'x86_64', 'musl libc (x86_64)', 'zkubectl-linux-x64-musl.tar.gz'],
    ['Linux', 'arm64', 'musl libc (aarch64)', 'zkubectl-linux-arm64-musl.tar.gz'],
    ['Darwin', 'arm64', '', 'zkubectl-darwin-arm64.tar.gz'],
    ['Darwin', 'x86_64', '', 'zkubectl-darwin-x64.tar.gz'],
  ])('%s %s %s: %s, into a prefix with a blank', async (system, machine, ldd, name) => {
    const prefix = path.join(makeTempDir(), 'my prefix');
    const { code, stdout, stderr } = await install(
      ['--prefix', prefix, '--from', release(name)],
      uname(system, machine, ldd),
    );
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain(`installed ${prefix}/bin/zkubectl\n`);
    expect(fs.readdirSync(path.join(prefix, 'bin'))).toEqual(['docker-credential-zkubectl', 'zkubectl']);
    expect(fs.readlinkSync(path.join(prefix, 'bin', 'docker-credential-zkubectl'))).toBe('zkubectl');
    expect(fs.readFileSync(path.join(prefix, 'share', 'man', 'man1', 'zkubectl.1'), 'utf8')).toBe('page');
    expect(execFileSync(path.join(prefix, 'bin', 'zkubectl'), { encoding: 'utf8' })).toBe('9.9.9\n');
  });

  const PATH = () => uname('Linux', 'x86_64');
  test.each([
    ['a file that is another', release('zkubectl-linux-x64.tar.gz', { sum: 'f'.repeat(64) }), /nothing was installed/],
    [
      'a sum that is missing',
      release('zkubectl-linux-arm64.tar.gz'),
      /SHA256SUMS does not name zkubectl-linux-x64.tar.gz/,
    ],
    [
      'a release that does not run',
      release('zkubectl-linux-x64.tar.gz', { content: '#!/bin/sh\nexit 3\n' }),
      /does not run/,
    ],
    ['plain http', 'http://example.org/', /not an https URL/],
    ['loopback that is only a user name', 'http://localhost:x@127.0.0.2:18080', /must not have a user/],
    ['a folder that is not there', '/nonexistent', /there is no \/nonexistent\/SHA256SUMS/],
  ])('%s: exit 1, and what was there stays', async (_, from, message) => {
    const prefix = makeTempDir();
    fs.mkdirSync(path.join(prefix, 'bin'));
    fs.writeFileSync(path.join(prefix, 'bin', 'zkubectl'), 'old');
    const { code, stderr } = await install(['--prefix', prefix, '--from', from], PATH());
    expect(code).toBe(1);
    expect(stderr).toMatch(message);
    expect(fs.readdirSync(path.join(prefix, 'bin'))).toEqual(['zkubectl']);
    expect(fs.readFileSync(path.join(prefix, 'bin', 'zkubectl'), 'utf8')).toBe('old');
  });

  test.each([
    ['another system', uname('SunOS', 'x86_64'), []],
    ['another processor', uname('Linux', 'riscv64'), []],
    ['an unknown flag', uname('Linux', 'x86_64'), ['--now']],
    ['a flag without its value', uname('Linux', 'x86_64'), ['--prefix']],
  ])('%s: exit 1 and one line', async (_, searchPath, argv) => {
    const { code, stdout, stderr } = await install(argv, searchPath);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^install\.sh: error: [^\n]+\n$/);
  });

  test('piped into a shell, it takes nothing from the folder where that stands', async () => {
    const dir = release('zkubectl-linux-x64.tar.gz');
    // A file that has the shell's name makes $0 look like a file of that folder.
    for (const name of ['sh', 'install.sh']) fs.writeFileSync(path.join(dir, name), '');
    const prefix = makeTempDir();
    const piped = `cd '${dir}' && cat '${script}' | sh -s -- --prefix '${prefix}'`;
    const { code, stderr } = await start(['-c', piped], { PATH: PATH(), HOME: makeTempDir() }, '/bin/sh', []).ended;
    expect([code, stderr]).toEqual([1, expect.stringContaining('say where from')]);
    expect(fs.readdirSync(prefix)).toEqual([]);
  });

  test.skipIf(!isThere('curl'))('over http from loopback; a redirect from there leads to no other http', async () => {
    const dir = release('zkubectl-linux-x64.tar.gz');
    const asked: string[] = [];
    const serve = async (redirect?: string) => {
      const server = http.createServer((request, response) => {
        const name = path.basename(request.url ?? '');
        asked.push(`${redirect === undefined ? 'served' : 'redirected'} ${name}`);
        if (redirect !== undefined) response.writeHead(302, { location: `${redirect}/${name}` }).end();
        else response.end(fs.readFileSync(path.join(dir, name)));
      });
      await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
      return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    };
    const direct = await serve();
    const away = await serve(direct.url);
    const prefix = makeTempDir();
    expect(await install(['--prefix', prefix, '--from', direct.url], PATH())).toMatchObject({ code: 0 });
    const other = makeTempDir();
    expect(await install(['--prefix', other, '--from', away.url], PATH())).toMatchObject({ code: 1 });
    for (const { server } of [direct, away]) {
      server.close();
      server.closeAllConnections();
    }
    expect(asked).toEqual(['served SHA256SUMS', 'served zkubectl-linux-x64.tar.gz', 'redirected SHA256SUMS']);
    expect(fs.readdirSync(other)).toEqual([]);
  });

  test('a helper of another program stays, and an archive that is damaged installs nothing', async () => {
    const prefix = makeTempDir();
    fs.mkdirSync(path.join(prefix, 'bin'));
    const helper = path.join(prefix, 'bin', 'docker-credential-zkubectl');
    fs.writeFileSync(helper, 'other');
    const dir = release('zkubectl-linux-x64.tar.gz');
    expect(await install(['--prefix', prefix, '--from', dir], PATH())).toMatchObject({ code: 0 });
    expect(fs.readFileSync(helper, 'utf8')).toBe('other');
    const archive = path.join(dir, 'zkubectl-linux-x64.tar.gz');
    fs.writeFileSync(archive, 'no archive');
    const sum = createHash('sha256').update('no archive').digest('hex');
    fs.writeFileSync(path.join(dir, 'SHA256SUMS'), `${sum}  zkubectl-linux-x64.tar.gz\n`);
    const other = makeTempDir();
    const { code, stderr } = await install(['--prefix', other, '--from', dir], PATH());
    expect([code, fs.readdirSync(other)]).toEqual([1, []]);
    expect(stderr).toContain('cannot unpack zkubectl-linux-x64.tar.gz: nothing was installed');
  });

  test('from its own folder', async () => {
    const dir = release('zkubectl-linux-x64.tar.gz');
    fs.copyFileSync(script, path.join(dir, 'install.sh'));
    const prefix = makeTempDir();
    const argv = [path.join(dir, 'install.sh'), '--prefix', prefix];
    expect(await start(argv, { PATH: PATH() }, '/bin/sh', []).ended).toMatchObject({ code: 0 });
    expect(await install(['--help'], PATH())).toMatchObject({ code: 0, stdout: expect.stringContaining('--prefix') });
  });
});
