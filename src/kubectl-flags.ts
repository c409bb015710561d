/**
 * kubectl's flags as kubectl reads them (spf13/pflag): groups of short ones, values glued or in the next argument, `--` as the end. For deciding what a
 * command line is about; it is handed to kubectl as it is.
 */

export interface KubectlFlag {
  /** `--context`, `-A`. */
  readonly name: string;
  /** Undefined: none was given, as for a switch. */
  readonly value: string | undefined;
}

export interface KubectlLine {
  readonly flags: readonly KubectlFlag[];
  /** A flag that is not known stands before another argument, which may be its value. */
  readonly isUncertain: boolean;
}

/** Long flags with a value: kubectl's global ones and those of `delete` (kubectl 1.35). */
const LONG_WITH_VALUE = new Set(
  (
    'as as-group as-uid as-user-extra cache-dir certificate-authority client-certificate client-key cluster context kubeconfig kuberc ' +
    'log-flush-frequency namespace password profile profile-output request-timeout server tls-server-name token user username v vmodule ' +
    'field-selector filename grace-period kustomize output raw selector timeout'
  ).split(' '),
);
const SWITCHES = new Set(
  (
    'all all-namespaces cascade disable-compression dry-run force help ignore-not-found insecure-skip-tls-verify interactive match-server-version now ' +
    'recursive wait warnings-as-errors yes'
  ).split(' '),
);
const SHORT_SWITCHES = 'AiRh';
const SHORT_WITH_VALUE: Readonly<Record<string, string>> = {
  f: '--filename',
  k: '--kustomize',
  l: '--selector',
  n: '--namespace',
  o: '--output',
  s: '--server',
  v: '--v',
};
const LONG_OF_SHORT: Readonly<Record<string, string>> = {
  A: '--all-namespaces',
  i: '--interactive',
  R: '--recursive',
  h: '--help',
};

/** @param args what stands after kubectl's verb, or around it */
export function readKubectlFlags(args: readonly string[]): KubectlLine {
  const flags: KubectlFlag[] = [];
  let isUncertain = false;
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') break;
    if (!arg.startsWith('-') || arg === '-') continue;
    if (arg.startsWith('--')) {
      const [, name = '', value] = /^--([^=]*)(?:=(.*))?$/s.exec(arg) ?? [];
      if (value !== undefined || !LONG_WITH_VALUE.has(name)) {
        flags.push({ name: `--${name}`, value });
        if (value === undefined && !SWITCHES.has(name)) isUncertain = true;
      } else flags.push({ name: `--${name}`, value: args[++i] ?? '' });
      continue;
    }
    for (let at = 1; at < arg.length; at++) {
      const letter = arg[at] ?? '';
      const rest = arg.slice(at + 1);
      if (SHORT_SWITCHES.includes(letter)) {
        const given = rest.startsWith('=') ? rest.slice(1) : undefined;
        flags.push({ name: LONG_OF_SHORT[letter] ?? '', value: given });
        if (given === undefined) continue;
        break;
      }
      const name = SHORT_WITH_VALUE[letter];
      if (name === undefined) isUncertain = true;
      else flags.push({ name, value: rest === '' ? (args[++i] ?? '') : rest.replace(/^=/, '') });
      break;
    }
  }
  return { flags, isUncertain };
}

/** The value that counts: the last. */
export function valueOfFlag({ flags }: KubectlLine, ...names: readonly string[]): string | undefined {
  return flags.findLast(flag => names.includes(flag.name))?.value;
}

export function hasFlag({ flags }: KubectlLine, name: string): boolean {
  return flags.some(flag => flag.name === name);
}

/** A switch as Go's strconv.ParseBool takes it: there, and not off. */
export function isSwitchedOn(line: KubectlLine, name: string): boolean {
  const flag = line.flags.findLast(f => f.name === name);
  return flag !== undefined && !/^(0|f|F|false|FALSE|False)$/.test(flag.value ?? 'true');
}
