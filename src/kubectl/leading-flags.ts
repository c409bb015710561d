/** The global flags before the first word of a command line, ours and kubectl's: where the word is, and what kubectl gets. */
import { OUR_VALUE_FLAGS, OURS_ALONE } from '../argv/globals.ts';
import table from './generated/flags.json' with { type: 'json' };

/** `context=`, `namespace:n=`, `warnings-as-errors`: a name, perhaps its letter; `=` takes a value. */
const GLOBALS = table.globals.split(' ').map(entry => {
  const [, name = '', letter, mark] = /^([\w-]+)(?::(\w))?(=?)$/.exec(entry) ?? [];
  return { names: letter === undefined ? [`--${name}`] : [`--${name}`, `-${letter}`], takesValue: mark === '=' };
});
const VALUE_FLAGS = new Set([...OUR_VALUE_FLAGS, ...GLOBALS.flatMap(flag => (flag.takesValue ? flag.names : []))]);
const SWITCHES = new Set([
  ...OURS_ALONE,
  '-h',
  '--help',
  ...GLOBALS.flatMap(flag => (flag.takesValue ? [] : flag.names)),
]);

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

/** Is there a flag that may take the next argument for its value, and we do not know? */
export function hasUnknownFlag(args: readonly string[]): boolean {
  return args.some((arg, i) => {
    if (!arg.startsWith('-') || VALUE_FLAGS.has(args[i - 1] ?? '')) return false;
    if (arg.startsWith('--')) return !arg.includes('=') && !VALUE_FLAGS.has(arg) && !SWITCHES.has(arg);
    return !VALUE_FLAGS.has(arg) && !SWITCHES.has(arg) && !/^-[nosv]./.test(arg);
  });
}
