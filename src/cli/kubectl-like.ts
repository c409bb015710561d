/** Command lines of our commands that take kubectl's own flags: passed on as typed, and parsed only for our flags and the target. */
import { type Globals, NO_GLOBALS } from '../argv/globals.ts';
import { kubectlArgv } from '../kubectl/leading-flags.ts';
import { isSwitchedOn, parseKubectlLine, valueOfFlag } from '../kubectl/line.ts';

/**
 * Splits a command line into the command's arguments and the global flags.
 * @param wordIndex the index of the command's name in argv
 */
export function readKubectlLike(
  command: string,
  argv: readonly string[],
  wordIndex: number,
): { args: readonly string[]; globals: Globals } {
  const { args, debug, offline, yes } = kubectlArgv(argv, wordIndex);
  const before = args.length - (argv.length - wordIndex);
  const rest = [...args.slice(0, before), ...args.slice(before + 1)];
  const line = parseKubectlLine([command, ...rest], ['yes']);
  return {
    args: rest,
    globals: {
      ...NO_GLOBALS,
      context: valueOfFlag(line, '--context'),
      namespace: valueOfFlag(line, '--namespace'),
      kubeconfig: valueOfFlag(line, '--kubeconfig'),
      yes: yes || isSwitchedOn(line, '--yes'),
      debug,
      offline,
    },
  };
}
