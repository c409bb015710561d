/** What every command has: the global flags, help with examples, output formats. */
import type { Command } from 'commander';
import type { Globals } from '../argv/globals.ts';
import { messageOf, needsYes, UsageError } from '../errors.ts';
import type { ColorMode } from '../output/style.ts';
import { OUTPUT_FORMATS, type OutputFormat, parseOutputFormat } from '../output/view.ts';
import { isInteractive } from '../platform/io.ts';
import type { Context } from './context.ts';

export interface CommandTexts {
  readonly summary: string;
  readonly description: string;
  /** At least one line that can be typed as it stands. */
  readonly examples: readonly string[];
  /** Formats of -o, where the command prints data. */
  readonly formats?: readonly OutputFormat[];
}

export const GLOBAL_GROUP = 'Global flags:';

/** The long names of the flags that every command takes. */
export const GLOBAL_FLAGS: ReadonlySet<string> = new Set([
  '--context',
  '--namespace',
  '--kubeconfig',
  '--output',
  '--offline',
  '--yes',
  '--color',
  '--debug',
]);

/** Adds a command with its texts and the global flags. */
export function addCommand(parent: Command, name: string, texts: CommandTexts): Command {
  const command = parent
    .command(name)
    .summary(texts.summary)
    .description(texts.description)
    .helpOption('-h, --help', 'this help')
    .addHelpText('after', `\nExamples:\n${texts.examples.map(example => `  ${example}\n`).join('')}`);
  addGlobals(command, texts.formats);
  return command;
}

/** Adds a command that only has subcommands. */
export function addGroup(parent: Command, name: string, summary: string, description: string): Command {
  const group = parent
    .command(name)
    .summary(summary)
    .description(description)
    .helpOption('-h, --help', 'this help')
    .helpCommand(false);
  addGlobals(group);
  return group;
}

/** The global flags, which may stand before or after the command. `hidden`: the help says of them in another place. */
export function addGlobals(command: Command, formats?: readonly OutputFormat[], hidden = false): void {
  const option = (flags: string, description: string) =>
    command.addOption(command.createOption(flags, description).helpGroup(GLOBAL_GROUP).hideHelp(hidden));
  option('--context <CONTEXT>', 'a context of the kubeconfig instead of the current one');
  option('-n, --namespace <NAMESPACE>', 'a namespace instead of the current one');
  option('--kubeconfig <FILE>', 'a kubeconfig instead of KUBECONFIG and ~/.kube/config');
  command.addOption(
    command
      .createOption('-o, --output <FORMAT>', formats ? `${formats.join(', ')}` : 'the format of data')
      .helpGroup(formats ? 'Options:' : GLOBAL_GROUP)
      .hideHelp(hidden),
  );
  option('--offline', 'ask nobody: what is known on this machine has to do');
  option('--yes', 'answer every question with yes');
  option('--color <WHEN>', 'auto, always or never');
  option('--debug', 'requests, timings and causes on stderr; never a secret');
}

/** The global flags of a command line, from the command and those above it. */
export function globalsOf(command: Command): Globals {
  const options = command.optsWithGlobals<Record<string, unknown>>();
  const text = (name: string) => (typeof options[name] === 'string' ? options[name] : undefined);
  return {
    context: text('context'),
    namespace: text('namespace'),
    kubeconfig: text('kubeconfig'),
    output: text('output'),
    debug: options['debug'] === true,
    offline: options['offline'] === true,
    yes: options['yes'] === true,
    color: parseColor(text('color') ?? 'auto'),
  };
}

function parseColor(word: string): ColorMode {
  if (word === 'auto' || word === 'always' || word === 'never') return word;
  throw new UsageError(`--color is auto, always or never, not ${word}`, { code: 'bad_flag' });
}

/** The wanted output format. Throws UsageError (2) for one that this command has not. */
export function formatOf(
  ctx: Pick<Context, 'globals'>,
  allowed: readonly OutputFormat[] = OUTPUT_FORMATS,
): OutputFormat {
  return parseOutputFormat(ctx.globals.output ?? 'table', allowed);
}

/** A yes: from --yes, else asked. Without a terminal it is a UsageError (2) that names the flag. */
export async function confirmOrFail(ctx: Pick<Context, 'io' | 'globals'>, question: string): Promise<boolean> {
  if (ctx.globals.yes) return true;
  if (!isInteractive(ctx.io)) throw needsYes(question);
  return ctx.io.prompt.confirm(question);
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** Throws UsageError (2) for what cannot be the name of a namespace (RFC 1123 label). */
export function checkNamespaceName(name: string): void {
  if (NAMESPACE.test(name)) return;
  throw new UsageError(`not a namespace's name: ${name}`, {
    code: 'bad_namespace',
    hint: 'lower-case letters, digits and dashes, 63 at most',
  });
}

const OBJECT_NAME = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/;

/** Throws UsageError (2) for what cannot be the name of an object (RFC 1123 subdomain). */
export function checkObjectName(kind: string, name: string): void {
  if (!OBJECT_NAME.test(name)) throw new UsageError(`not the name of a ${kind}: ${name}`, { code: 'bad_name' });
}

const SPAN_UNITS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * A span of time, in whole seconds: as Go writes it (`90s`, `1h30m`), days too, or a bare number of seconds. Throws UsageError (2).
 * @param least the shortest that makes sense
 */
export function parseSpan(flag: string, text: string, least = 0): number {
  const parts = [...text.matchAll(/(\d{1,7})(ms|[smhd])/g)];
  const isSpan = parts.length > 0 && parts.map(part => part[0]).join('') === text;
  const seconds = isSpan
    ? Math.ceil(parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (SPAN_UNITS[unit ?? ''] ?? 0), 0))
    : /^\d{1,7}$/.test(text)
      ? Number(text)
      : Number.NaN;
  if (seconds >= least) return seconds;
  throw new UsageError(`${flag} takes a span such as 30s, 10m or 48h, or seconds, not ${text}`, { code: 'bad_flag' });
}

/** A regular expression of JavaScript. Throws UsageError (2). */
export function parseRegExp(name: string, text: string): RegExp {
  try {
    return new RegExp(text, 'u');
  } catch {
    // Some that others take, such as `\-`, are none in Unicode mode.
    try {
      return new RegExp(text);
    } catch (error) {
      throw new UsageError(`${name} is no regular expression: ${messageOf(error)}`, { code: 'bad_regex' });
    }
  }
}
