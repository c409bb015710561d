/** A Secret Service on a D-Bus of its own: gnome-keyring, unlocked. */
import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { makeTempDir } from './io.ts';

export interface TestKeyring {
  /** For the programs that use it. */
  readonly env: Record<string, string>;
  close(): void;
}

/** Resolves when the service has its name on the bus. */
export async function startKeyring(): Promise<TestKeyring> {
  const home = makeTempDir();
  const runtime = path.join(home, 'run');
  fs.mkdirSync(runtime, { mode: 0o700 });
  fs.mkdirSync(path.join(home, '.cache'), { mode: 0o700 });
  const base = { PATH: '/usr/bin:/bin', HOME: home, XDG_RUNTIME_DIR: runtime };
  const bus = spawn('dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address'], {
    env: base,
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const address = await firstLine(bus);
  const env = { XDG_RUNTIME_DIR: runtime, DBUS_SESSION_BUS_ADDRESS: address };
  // It goes into the background when it is ready, and ends with the bus.
  const daemon = spawn('gnome-keyring-daemon', ['--daemonize', '--unlock', '--components=secrets'], {
    env: { ...base, ...env },
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  daemon.stdin.end('password');
  const code = await new Promise(resolve => daemon.on('error', resolve).on('exit', resolve));
  if (code !== 0) throw new Error(`gnome-keyring-daemon ended with ${code}`);
  return {
    env,
    close: () => {
      bus.kill();
    },
  };
}

function firstLine(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.on('error', reject).on('exit', code => reject(new Error(`${child.spawnfile} ended with ${code}`)));
    child.stdout?.setEncoding('utf8').on('data', chunk => {
      text += chunk;
      if (text.includes('\n')) resolve(text.split('\n')[0] ?? '');
    });
  });
}
