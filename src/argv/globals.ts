/** The flags that every command takes, and the words that decide whose command it is. Imports nothing heavy: every start reads this. */
import type { ColorMode } from '../output/style.ts';

export interface Globals {
  readonly context?: string | undefined;
  readonly namespace?: string | undefined;
  readonly kubeconfig?: string | undefined;
  readonly output?: string | undefined;
  readonly debug: boolean;
  readonly offline: boolean;
  readonly yes: boolean;
  readonly color: ColorMode;
}

export const NO_GLOBALS: Globals = { debug: false, offline: false, yes: false, color: 'auto' };

/** Our flags with a value that may stand before the command. */
const OUR_VALUE_FLAGS = ['--context', '-n', '--namespace', '--kubeconfig', '-o', '--output', '--color'];
/** Our flags that kubectl does not know: taken off before kubectl is run. */
const OURS_ALONE = new Set(['--debug', '--offline', '--yes', '--color']);
/** kubectl's global flags with a value (kubectl options, 1.35). */
const KUBECTL_VALUE_FLAGS = [
  '--as',
  '--as-group',
  '--as-uid',
  '--as-user-extra',
  '--cache-dir',
  '--certificate-authority',
  '--client-certificate',
  '--client-key',
  '--cluster',
  '--kuberc',
  '--log-flush-frequency',
  '--password',
  '--profile',
  '--profile-output',
  '--request-timeout',
  '-s',
  '--server',
  '--tls-server-name',
  '--token',
  '--user',
  '--username',
  '-v',
  '--v',
  '--vmodule',
];
const VALUE_FLAGS = new Set([...OUR_VALUE_FLAGS, ...KUBECTL_VALUE_FLAGS]);

/** What stands before `--`: after it there are no flags. */
export function beforeDashes(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf('--');
  return end === -1 ? argv : argv.slice(0, end);
}

/** Where in argv the first word is that is neither a global flag nor its value; undefined when there is none before `--`. */
export function firstWordIndex(argv: readonly string[]): number | undefined {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--') return undefined;
    if (!arg.startsWith('-') || arg === '-') return i;
    if (VALUE_FLAGS.has(arg)) i++;
  }
  return undefined;
}

/** Does the last of these arguments wait for its value? */
export function takesGlobalValue(arg: string, argv: readonly string[]): boolean {
  return VALUE_FLAGS.has(arg) && !VALUE_FLAGS.has(argv.at(-2) ?? '');
}

/**
 * argv for kubectl: verbatim, but for those of our flags before its verb that kubectl would stumble over.
 * @param wordIndex what firstWordIndex gave
 */
export function kubectlArgv(
  argv: readonly string[],
  wordIndex: number,
): { args: string[]; debug: boolean; offline: boolean; yes: boolean } {
  const args: string[] = [];
  let debug = false;
  let offline = false;
  let yes = false;
  for (let i = 0; i < wordIndex; i++) {
    const arg = argv[i] ?? '';
    const [name = arg, value = 'true'] = arg.split('=');
    if (!OURS_ALONE.has(name)) {
      args.push(arg);
      // Its value, whatever it looks like.
      if (VALUE_FLAGS.has(arg) && i + 1 < wordIndex) args.push(argv[++i] ?? '');
      continue;
    }
    const isOn = !/^(0|f|F|false|FALSE|False)$/.test(value);
    if (name === '--debug') debug = isOn;
    if (name === '--offline') offline = isOn;
    if (name === '--yes') yes = isOn;
    if (arg === '--color') i++;
  }
  return { args: [...args, ...argv.slice(wordIndex)], debug, offline, yes };
}

/** kubectl's global switches, and ours. */
const KNOWN_SWITCHES = new Set([
  '--disable-compression',
  '--insecure-skip-tls-verify',
  '--match-server-version',
  '--warnings-as-errors',
  '--debug',
  '--offline',
  '--yes',
  '-h',
  '--help',
]);

/** Is there a flag that may take the next argument for its value, and we do not know? */
export function hasUnknownFlag(args: readonly string[]): boolean {
  return args.some((arg, i) => {
    if (!arg.startsWith('-') || VALUE_FLAGS.has(args[i - 1] ?? '')) return false;
    if (arg.startsWith('--')) return !arg.includes('=') && !VALUE_FLAGS.has(arg) && !KNOWN_SWITCHES.has(arg);
    return !VALUE_FLAGS.has(arg) && !KNOWN_SWITCHES.has(arg) && !/^-[nosv]./.test(arg);
  });
}

/** kubectl's verbs of which lines may be guarded (kubectl/guard.ts). */
export const GUARDED_VERBS: ReadonlySet<string> = new Set(['apply', 'delete', 'drain', 'replace']);

/** kubectl 1.35's own commands: a prefix of ours never takes one of these away. */
export const KUBECTL_VERBS: ReadonlySet<string> = new Set(
  (
    'alpha annotate api-resources api-versions apply attach auth autoscale certificate cluster-info completion config cordon cp create debug delete ' +
    'describe diff drain edit events exec explain expose get help kuberc kustomize label logs options patch plugin port-forward proxy replace rollout ' +
    'run scale set taint top uncordon version wait'
  ).split(' '),
);
