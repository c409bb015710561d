/** The global flags of zkubectl and kubectl before the first word: finds the word, and builds kubectl's arguments. */
import { OUR_VALUE_FLAGS, OURS_ALONE } from '../argv/globals.ts';
import table from './generated/flags.json' with { type: 'json' };

/** `context=`, `namespace:n=`, `warnings-as-errors`: a name, optionally a short letter, and `=` if the flag takes a value. */
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

/** The index of the first word in argv that is neither a global flag nor its value. Undefined: no such word before `--`. */
export function firstWordIndex(argv: readonly string[]): number | undefined {
  for (let i = 0; i < argv.length; i++) {
    const arg = argv[i] ?? '';
    if (arg === '--') return undefined;
    if (!arg.startsWith('-') || arg === '-') return i;
    if (VALUE_FLAGS.has(arg)) i++;
  }
  return undefined;
}

/** Is the last argument a global flag that still needs its value? */
export function takesGlobalValue(arg: string, argv: readonly string[]): boolean {
  return VALUE_FLAGS.has(arg) && !VALUE_FLAGS.has(argv.at(-2) ?? '');
}

/**
 * argv for kubectl: verbatim, but without zkubectl's own flags before the verb, which kubectl would reject.
 * @param wordIndex the result of firstWordIndex
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
      // The flag's value, even if it looks like a flag.
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

/** Is there an unknown flag, which may take the next argument as its value? */
export function hasUnknownFlag(args: readonly string[]): boolean {
  return args.some((arg, i) => {
    if (!arg.startsWith('-') || VALUE_FLAGS.has(args[i - 1] ?? '')) return false;
    if (arg.startsWith('--')) return !arg.includes('=') && !VALUE_FLAGS.has(arg) && !SWITCHES.has(arg);
    return !VALUE_FLAGS.has(arg) && !SWITCHES.has(arg) && !/^-[nosv]./.test(arg);
  });
}
