/** The programs of a sandbox container, for `kubectl exec`: a few commands of a shell, without files of its own. */
import type { KubeObject } from './resource-types.ts';

export interface ShellResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface ShellWorld {
  readonly pod: KubeObject;
  readonly container: string;
  readonly now: Date;
}

const FILES: Readonly<Record<string, (world: ShellWorld) => string>> = {
  '/etc/hostname': ({ pod }) => `${pod.metadata.name}\n`,
  '/etc/os-release': () => 'NAME="Sandbox Linux"\nID=sandbox\nVERSION_ID=1\n',
  '/proc/version': () => 'Linux version 6.8.0 (sandbox)\n',
};

type Program = (args: readonly string[], world: ShellWorld) => ShellResult;

const ok = (stdout = ''): ShellResult => ({ stdout, stderr: '', exitCode: 0 });
const failed = (stderr: string, exitCode = 1): ShellResult => ({ stdout: '', stderr: `${stderr}\n`, exitCode });

const PROGRAMS: Readonly<Record<string, Program>> = {
  true: () => ok(),
  false: () => ({ ...ok(), exitCode: 1 }),
  echo: args => ok(`${args.join(' ')}\n`),
  pwd: () => ok('/\n'),
  whoami: () => ok('app\n'),
  id: () => ok('uid=1000(app) gid=1000(app)\n'),
  hostname: (_, { pod }) => ok(`${pod.metadata.name}\n`),
  date: (_, { now }) => ok(`${now.toUTCString()}\n`),
  uname: args => ok(args.includes('-a') ? 'Linux sandbox 6.8.0 aarch64 GNU/Linux\n' : 'Linux\n'),
  env: (_, world) => ok(environmentOf(world)),
  printenv: (_, world) => ok(environmentOf(world)),
  ps: (_, { container }) => ok(`PID   USER     COMMAND\n    1 app      /${container}\n    7 app      ps\n`),
  ls: args => ok(args.some(arg => arg.startsWith('/etc')) ? 'hostname\nos-release\n' : 'bin\netc\nproc\ntmp\n'),
  cat: (args, world) => {
    const missing = args.find(file => !Object.hasOwn(FILES, file));
    if (missing !== undefined) return failed(`cat: can't open '${missing}': No such file or directory`);
    return ok(args.map(file => FILES[file]?.(world) ?? '').join(''));
  },
};

/** Runs a command as the container's runtime does: without a shell, unless it is one. */
export function runInContainer(command: readonly string[], world: ShellWorld): ShellResult {
  const [name = '', ...args] = command;
  if (isShell(name)) {
    const at = args.indexOf('-c');
    return at === -1 ? ok() : runScript(args[at + 1] ?? '', world);
  }
  const program = programAt(name);
  return program ? program(args, world) : failed(`exec: "${name}": executable file not found in $PATH`, 127);
}

export function isShell(name: string): boolean {
  return /^(\/bin\/)?(sh|bash|ash)$/.test(name);
}

/** Lines, `;`, `&&` and `||`; words with quotes; `$?` and `exit`. */
export function runScript(script: string, world: ShellWorld): ShellResult {
  let result = ok();
  for (const [, separator = ';', text = ''] of script.matchAll(/(^|;|\n|&&|\|\|)((?:"[^"]*"|'[^']*'|[^;\n&|])*)/g)) {
    if (separator === '&&' && result.exitCode !== 0) continue;
    if (separator === '||' && result.exitCode === 0) continue;
    const words = [...text.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, a, b, c]) => a ?? b ?? c ?? '');
    const [name, ...args] = words.map(word => word.replaceAll('$?', String(result.exitCode)));
    if (name === undefined) continue;
    if (name === 'exit') return { ...result, exitCode: Number(args[0] ?? result.exitCode) & 255 };
    const one = isShell(name) ? runInContainer([name, ...args], world) : run(name, args, world);
    result = { stdout: result.stdout + one.stdout, stderr: result.stderr + one.stderr, exitCode: one.exitCode };
  }
  return result;
}

function run(name: string, args: readonly string[], world: ShellWorld): ShellResult {
  return programAt(name)?.(args, world) ?? failed(`sh: ${name}: not found`, 127);
}

function programAt(name: string): Program | undefined {
  const base = name.replace(/^\/(usr\/)?bin\//, '');
  return Object.hasOwn(PROGRAMS, base) ? PROGRAMS[base] : undefined;
}

function environmentOf({ pod, container }: ShellWorld): string {
  const lines = [
    'PATH=/usr/local/bin:/usr/bin:/bin',
    `HOSTNAME=${pod.metadata.name}`,
    'KUBERNETES_SERVICE_HOST=10.3.0.1',
    `CONTAINER=${container}`,
  ];
  return `${lines.join('\n')}\n`;
}
