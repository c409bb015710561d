/** Plugins that take kubectl's own flags: argv is handed on as typed, and only looked at for what the plugin is about. */
import { kubectlArgv, NO_GLOBALS } from '../argv/globals.ts';
import { Context } from '../cli/context.ts';
import { isSwitchedOn, parseKubectlLine, valueOfFlag } from '../kubectl/line.ts';
import type { Io } from '../platform/io.ts';
import { type Plugin, PluginContext } from './plugin.ts';

/** @param wordIndex where in argv the plugin's name stands */
export function prepareVerbatim(
  plugin: Plugin,
  argv: readonly string[],
  wordIndex: number,
  io: Io,
): { context: Context; run: () => Promise<number | undefined> } {
  const { args, debug, offline, yes } = kubectlArgv(argv, wordIndex);
  const before = args.length - (argv.length - wordIndex);
  const rest = [...args.slice(0, before), ...args.slice(before + 1)];
  const line = parseKubectlLine([plugin.name, ...rest], ['yes']);
  const context = new Context(io, {
    ...NO_GLOBALS,
    context: valueOfFlag(line, '--context'),
    namespace: valueOfFlag(line, '--namespace'),
    kubeconfig: valueOfFlag(line, '--kubeconfig'),
    yes: yes || isSwitchedOn(line, '--yes'),
    debug,
    offline,
  });
  return { context, run: () => plugin.run(new PluginContext(context), rest, {}) };
}
