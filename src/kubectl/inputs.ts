/**
 * Copies the manifests of a line (-f, -k), so that the command sends exactly what was previewed, even if the files change in the meantime.
 * Rules: stdin is read once, and kubectl gets the copy. zkubectl refuses what it cannot read first: a URL, a glob pattern, manifests typed on the terminal.
 */
import path from 'node:path';
import { CliError, messageOf, UsageError } from '../errors.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { readAnyBytes } from '../platform/files/read.ts';
import { isFolder, listDir, statOrUndefined } from '../platform/files/stat.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import { readStdin } from '../platform/terminal/stdin.ts';
import type { GuardWorld } from './confirm.ts';
import {
  hasFlag,
  isSwitchedOn,
  type KubectlLine,
  kubectlArgs,
  valueOfFlag,
  valuesOfFlag,
  withoutFlags,
} from './line.ts';

const STDIN = new Set(['-', '/dev/stdin', '/dev/fd/0', '/proc/self/fd/0']);

/** The files, folders and URLs of -f. pflag splits a value at commas, with CSV quoting. */
export function filesOf(line: Pick<KubectlLine, 'flags'>): string[] {
  return valuesOfFlag(line, '--filename').flatMap(value => {
    const files = value.split(',');
    if (files.includes(''))
      throw new UsageError('a file name is empty', { code: 'unseen_input', hint: 'check for an unset shell variable' });
    if (!value.includes('"')) return files;
    throw new UsageError(`cannot parse a file name with quotes: ${value}`, { code: 'unseen_input' });
  });
}

/** Throws UsageError (2) for input that cannot be previewed. */
export function refuseUnseen({ io }: Pick<GuardWorld, 'io'>, line: KubectlLine): void {
  const { verb } = line;
  const files = filesOf(line);
  if (hasFlag(line, '--raw'))
    throw new UsageError(`cannot preview ${verb} --raw`, {
      code: 'unseen_input',
      hint: 'name the objects, or add --yes',
    });
  if (files.some(file => STDIN.has(file)) && io.isTTY.stdin)
    throw new UsageError('cannot preview manifests typed on the terminal', {
      code: 'unseen_input',
      hint: 'save them to a file, or add --yes',
    });
  const address = files.find(file => /^https?:\/\//i.test(file));
  if (address !== undefined)
    throw new UsageError(`cannot preview ${address}: its content may change before it is used`, {
      code: 'unseen_input',
      hint: 'download it first, then use -f FILE',
    });
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The files that kubectl reads from a folder. */
const MANIFEST = /\.(json|ya?ml)$/;

/**
 * Copies the input files of a line into a folder. Returns the line with the copies as its files.
 * @param folder a private folder; the caller removes it
 */
export async function pinInputs(
  world: Pick<GuardWorld, 'capture' | 'io'>,
  line: KubectlLine,
  folder: string,
): Promise<KubectlLine> {
  const { io } = world;
  const copies: string[] = [];
  const copy = (bytes: string | Buffer, name: string) => {
    const file = path.join(folder, 'input', String(copies.length + 1).padStart(4, '0'), name);
    writeStateFile(file, bytes);
    copies.push(file);
  };
  const names = filesOf(line);
  if (names.some(name => STDIN.has(name))) copy(await readStdin(io, MAX_BYTES), 'stdin.yaml');
  const inFiles = names.filter(name => !STDIN.has(name));
  for (const file of inFiles.flatMap(name => manifestsAt(path.resolve(io.cwd, name), line))) {
    try {
      copy(readAnyBytes(file, MAX_BYTES), path.basename(file).replace(/[^\w.-]/g, '_'));
    } catch (error) {
      throw new CliError(`cannot read ${file}: ${messageOf(error)}`, { code: 'bad_input', cause: error });
    }
  }
  const kustomize = valueOfFlag(line, '--kustomize');
  if (kustomize !== undefined) {
    const built = await world.capture(kubectlArgs('kustomize', [], [kustomize]));
    if (exitCodeOf(built) !== 0)
      throw new CliError(`kubectl kustomize failed: ${built.stderr.trim()}`, { code: 'bad_input' });
    copy(built.stdout, 'kustomization.yaml');
  }
  const others = withoutFlags(line.flags, '--filename', '--kustomize', '--recursive');
  return { ...line, flags: [...others, ...copies.map(value => ({ name: '--filename', value }))] };
}

/** The file itself, or the manifests in a folder in kubectl's order. Throws UsageError (2) when the path does not exist. */
function manifestsAt(file: string, line: KubectlLine): string[] {
  const stat = statOrFail(file);
  if (stat === undefined)
    throw new UsageError(`no such file: ${file}`, {
      code: 'no_such_file',
      hint: /[*?[]/.test(file) ? 'write a pattern without quotes, so that the shell expands it' : undefined,
    });
  if (!stat.isDirectory()) return [file];
  const below = (dir: string): string[] =>
    listDir(dir)
      .sort()
      .flatMap(name => {
        const child = path.join(dir, name);
        // Symlinks to folders are not followed.
        if (isFolder(child)) return isSwitchedOn(line, '--recursive') ? below(child) : [];
        return MANIFEST.test(name) ? [child] : [];
      });
  return below(file);
}

function statOrFail(file: string): ReturnType<typeof statOrUndefined> {
  try {
    return statOrUndefined(file);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, { code: 'bad_input', cause: error });
  }
}
