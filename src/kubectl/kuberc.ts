/**
 * kuberc: kubectl's user preferences (kubectl.config.k8s.io/v1beta1, v1alpha1). A command line is expanded here as kubectl would expand it, so that
 * the guard sees the whole line; kubectl then runs without kuberc.
 * Rule: a file that cannot be read for certain is an error for a line that may write.
 */
import path from 'node:path';
import { messageOf, UsageError } from '../errors.ts';
import { isRecord, recordsAt } from '../lib/json.ts';
import { readText } from '../platform/files/read.ts';
import type { Io } from '../platform/io.ts';
import { firstWordIndex } from './leading-flags.ts';
import { hasFlag, parseKubectlLine, valuesOfFlag } from './line.ts';

interface Preset {
  /** `apply`, `set image` */
  readonly command: string;
  readonly flags: readonly { readonly name: string; readonly value: string }[];
}

interface Alias extends Preset {
  readonly name: string;
  readonly prepended: readonly string[];
  readonly appended: readonly string[];
}

export interface Kuberc {
  readonly defaults: readonly Preset[];
  readonly aliases: readonly Alias[];
}

const MAX_BYTES = 1024 * 1024;
/** kubectl takes no other word. */
const OFF = /^false$/i;
const VERSIONS = /^kubectl\.config\.k8s\.io\/(v1beta1|v1alpha1)$/;

/** Undefined: there is none, or it is switched off. Throws UsageError (2) when it cannot be read. */
export async function readKuberc(
  { env, home, cwd }: Pick<Io, 'env' | 'home' | 'cwd'>,
  args: readonly string[],
): Promise<Kuberc | undefined> {
  const flags = valuesOfFlag(parseKubectlLine(args), '--kuberc');
  if (flags.length > 1) throw new UsageError('--kuberc is given twice', { code: 'bad_usage' });
  const given = flags[0] ?? env['KUBERC'];
  if (OFF.test(env['KUBECTL_KUBERC'] ?? '') || given === 'off') return undefined;
  const file = path.resolve(cwd, given || path.join(home, '.kube', 'kuberc'));
  try {
    const text = readText(file, MAX_BYTES);
    if (text === undefined) return undefined;
    const { parseAllDocuments } = await import('../platform/libraries/yaml.ts');
    const documents = parseAllDocuments(text);
    if (!Array.isArray(documents) || documents.some(({ errors }) => errors.length > 0)) throw new Error('not YAML');
    // kubectl takes the first document that it knows.
    const known = documents.map(document => document.toJS() as unknown).find(isPreference);
    return kubercOf(known);
  } catch (error) {
    throw new UsageError(`cannot read ${file}: ${messageOf(error)}`, {
      code: 'bad_kuberc',
      hint: 'KUBECTL_KUBERC=false runs the command without it',
    });
  }
}

function isPreference(value: unknown): boolean {
  return isRecord(value) && value['kind'] === 'Preference' && VERSIONS.test(String(value['apiVersion']));
}

export function kubercOf(value: unknown): Kuberc {
  const preset = (entry: Record<string, unknown>): Preset => ({
    command: String(entry['command'] ?? '').trim(),
    flags: [...recordsAt(entry, 'options'), ...recordsAt(entry, 'flags')].map(flag => ({
      name: `--${String(flag['name'] ?? '').replace(/^-+/, '')}`,
      value: String(flag['default'] ?? ''),
    })),
  });
  const words = (entry: Record<string, unknown>, field: string) =>
    Array.isArray(entry[field]) ? (entry[field] as unknown[]).map(String) : [];
  const root = isRecord(value) ? value : {};
  return {
    defaults: [...recordsAt(root, 'defaults'), ...recordsAt(root, 'overrides')].map(preset),
    aliases: recordsAt(root, 'aliases').map(entry => ({
      ...preset(entry),
      name: String(entry['name'] ?? ''),
      prepended: words(entry, 'prependArgs'),
      appended: words(entry, 'appendArgs'),
    })),
  };
}

/** The line as kubectl would run it. The same array: kuberc has nothing for it. */
export function withKuberc(args: readonly string[], { defaults, aliases }: Kuberc): readonly string[] {
  const at = firstWordIndex(args);
  const alias = at === undefined ? undefined : aliases.find(({ name }) => name === args[at]);
  const meant =
    alias === undefined || at === undefined
      ? args
      : withFlags(
          [
            ...args.slice(0, at),
            ...alias.command.split(/\s+/),
            ...alias.prepended,
            ...args.slice(at + 1),
            ...alias.appended,
          ],
          alias,
        );
  const { verb } = parseKubectlLine(meant);
  return defaults.filter(({ command }) => command === verb).reduce(withFlags, meant);
}

/** Flags on the command line win. */
function withFlags(args: readonly string[], { flags }: Preset): readonly string[] {
  const line = parseKubectlLine(args);
  const added = flags.filter(({ name }) => !hasFlag(line, name)).map(({ name, value }) => `${name}=${value}`);
  if (added.length === 0) return args;
  const dashes = args.indexOf('--');
  return dashes === -1 ? [...args, ...added] : [...args.slice(0, dashes), ...added, ...args.slice(dashes)];
}
