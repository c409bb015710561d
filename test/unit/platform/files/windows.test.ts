/** The rules of Windows for paths and programs, wherever the tests run. */
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../../../src/errors.ts';
import { kubeconfigFiles } from '../../../../src/kubeconfig/files.ts';
import { startable } from '../../../../src/kubectl/external-plugins.ts';
import { pathsOf } from '../../../../src/platform/files/paths.ts';

const platform = 'win32' as const;
const home = 'C:\\Users\\Jörg Müller';

describe('on Windows', () => {
  test('the folders are those of APPDATA and LOCALAPPDATA', () => {
    const env = { APPDATA: `${home}\\AppData\\Roaming`, LOCALAPPDATA: `${home}\\AppData\\Local` };
    expect(pathsOf({ env, home, platform })).toMatchObject({
      configFile: `${home}\\AppData\\Roaming\\zkubectl\\config.yaml`,
      cache: `${home}\\AppData\\Local\\zkubectl`,
      state: `${home}\\AppData\\Local\\zkubectl`,
    });
    expect(pathsOf({ env: {}, home, platform }).configFile).toBe(`${home}\\.config\\zkubectl\\config.yaml`);
    const own = { ...env, ZKUBECTL_STATE_DIR: 'D:\\state', ZKUBECTL_CACHE_DIR: 'relative\\dir' };
    expect(pathsOf({ env: own, home, platform })).toMatchObject({
      state: 'D:\\state',
      cache: `${home}\\AppData\\Local\\zkubectl`,
    });
  });

  test('KUBECONFIG is split at semicolons, and a drive is no separator', () => {
    const env = { KUBECONFIG: 'C:\\a b\\config;relative;C:\\a b\\config' };
    expect(kubeconfigFiles({ env, home, cwd: 'D:\\work', platform }).files).toEqual([
      'C:\\a b\\config',
      'D:\\work\\relative',
    ]);
    expect(kubeconfigFiles({ env: {}, home, cwd: 'D:\\work', platform }).files).toEqual([`${home}\\.kube\\config`]);
    expect(kubeconfigFiles({ env, home, cwd: 'D:\\work', platform }, '\\\\host\\share\\config').files).toEqual([
      '\\\\host\\share\\config',
    ]);
  });

  test('a batch file is run by cmd.exe, without what cmd.exe would read as its own', () => {
    const env = { ComSpec: 'C:\\Windows\\System32\\cmd.exe' };
    const plugin = (file: string, ...args: string[]) => startable({ platform, env }, { file, args } as never);
    expect(plugin('C:\\bin\\zkubectl-a.cmd', 'x', '--y=z')).toEqual({
      file: env.ComSpec,
      args: ['/d', '/s', '/c', 'C:\\bin\\zkubectl-a.cmd', 'x', '--y=z'],
    });
    expect(plugin('C:\\bin\\zkubectl-a.exe', 'a & b')).toMatchObject({
      file: 'C:\\bin\\zkubectl-a.exe',
      args: ['a & b'],
    });
    for (const bad of ['a&b', '%PATH%', 'a|b', 'a^', 'a"b', 'a>b', '(a', 'a\nb'])
      expect(() => plugin('C:\\bin\\zkubectl-a.bat', bad)).toThrow(UsageError);
  });
});
