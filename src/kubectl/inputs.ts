/**
 * The manifests that a line reads (-f, -k), as bytes of our own: what was looked at is what is sent, whatever becomes of the files meanwhile.
 * Rule: what cannot be read twice, or not by us, is refused: stdin, an address, a pattern.
 */
import path from 'node:path';
import { CliError, messageOf, UsageError } from '../errors.ts';
import { writeStateFile } from '../platform/files/files.ts';
import { readAnyBytes } from '../platform/files/read.ts';
import { isFolder, listDir, statOrUndefined } from '../platform/files/stat.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
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

/** The files, folders and addresses of -f. pflag takes a list with commas for several, with quotes as in CSV. */
export function filesOf(line: Pick<KubectlLine, 'flags'>): string[] {
  return valuesOfFlag(line, '--filename').flatMap(value => {
    const files = value.split(',');
    if (files.includes(''))
      throw new UsageError('a file name is empty', { code: 'unseen_input', hint: 'is a variable of the shell unset?' });
    if (!value.includes('"')) return files;
    throw new UsageError(`a file name with quotes cannot be read for certain: ${value}`, { code: 'unseen_input' });
  });
}

/** Throws UsageError (2) for what cannot be shown before it is done. */
export function refuseUnseen(verb: string, line: KubectlLine): void {
  const files = filesOf(line);
  if (hasFlag(line, '--raw'))
    throw new UsageError(`what --raw would ${verb} cannot be shown first`, {
      code: 'unseen_input',
      hint: 'name the objects, or add --yes',
    });
  if (files.some(file => STDIN.has(file)))
    throw new UsageError('what comes from stdin cannot be shown first', {
      code: 'unseen_input',
      hint: 'put it into a file, or add --yes',
    });
  const address = files.find(file => /^https?:\/\//i.test(file));
  if (address !== undefined)
    throw new UsageError(`what is at ${address} may be something else the next time`, {
      code: 'unseen_input',
      hint: 'download it first, and give the file',
    });
}

const MAX_BYTES = 64 * 1024 * 1024;
/** The files of a folder that kubectl reads. */
const MANIFEST = /\.(json|ya?ml)$/;

/**
 * Copies what a line reads into a folder, and has the line read that.
 * @param folder of ours, which the caller removes
 */
export async function pinInputs(
  world: Pick<GuardWorld, 'capture'>,
  line: KubectlLine,
  folder: string,
  cwd: string,
): Promise<KubectlLine> {
  const copies: string[] = [];
  const copy = (bytes: string | Buffer, name: string) => {
    const file = path.join(folder, 'input', String(copies.length + 1).padStart(4, '0'), name);
    writeStateFile(file, bytes);
    copies.push(file);
  };
  for (const file of filesOf(line).flatMap(name => manifestsAt(path.resolve(cwd, name), line))) {
    try {
      copy(readAnyBytes(file, MAX_BYTES), path.basename(file).replace(/[^\w.-]/g, '_'));
    } catch (error) {
      throw new CliError(`${file} cannot be read: ${messageOf(error)}`, { code: 'bad_input', cause: error });
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

/** A file, or the manifests of a folder in kubectl's order. Throws UsageError (2) where there is neither. */
function manifestsAt(file: string, line: KubectlLine): string[] {
  const stat = statOrFail(file);
  if (stat === undefined)
    throw new UsageError(`there is no file ${file}`, {
      code: 'no_such_file',
      hint: /[*?[]/.test(file) ? 'write a pattern without quotes, so that the shell expands it' : undefined,
    });
  if (!stat.isDirectory()) return [file];
  const below = (dir: string): string[] =>
    listDir(dir)
      .sort()
      .flatMap(name => {
        const child = path.join(dir, name);
        // A link to a folder is not followed.
        if (isFolder(child)) return isSwitchedOn(line, '--recursive') ? below(child) : [];
        return MANIFEST.test(name) ? [child] : [];
      });
  return below(file);
}

function statOrFail(file: string): ReturnType<typeof statOrUndefined> {
  try {
    return statOrUndefined(file);
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${messageOf(error)}`, { code: 'bad_input', cause: error });
  }
}
