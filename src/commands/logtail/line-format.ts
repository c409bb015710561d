/** A log line as text: stern's formats, colours, times and highlights. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { UsageError } from '../../errors.ts';
import type { LogSource } from '../../kubernetes/container-log.ts';
import type { LogLine } from '../../kubernetes/log-lines.ts';
import { escapeForTerminal, escapeInDocument, escapeLogText } from '../../lib/terminal-text.ts';
import { type Style, styleFor } from '../../output/style.ts';
import { readText } from '../../platform/files/read.ts';
import { compileTemplate } from './line-template.ts';
import type { LogtailOptions } from './logtail-options.ts';

export type Format = (source: LogSource, line: LogLine) => string;

type Look = Pick<LogtailOptions, 'timestamps' | 'timezone' | 'highlight' | 'template' | 'templateFile'>;

/** Throws UsageError (2) for a template that cannot be used. */
export async function formatLines(ctx: Context, options: Look, withNamespace: boolean): Promise<Format> {
  const style = await styleFor(ctx.io, 'stdout', ctx.globals.color);
  const time = timeText(options);
  const template = templateText(ctx, options);
  const message = (line: LogLine) =>
    `${time(line)}${highlighted(escapeLogText(line.message), options.highlight, style)}`;
  if (template !== undefined) {
    const render = compileTemplate(template);
    return (source, line) =>
      render({
        source,
        message: `${time(line)}${line.message}`,
        paintPod: paintOf(style, source.cluster ?? source.pod),
        paintContainer: style.dim,
      });
  }
  switch (ctx.globals.output) {
    case 'raw':
      return (_, line) => `${message(line)}\n`;
    case 'json':
      return jsonLine;
    case 'extjson':
    case 'ppextjson':
      return extendedJson(ctx.globals.output === 'ppextjson');
    default:
      return textLine(style, message, withNamespace);
  }
}

function templateText(ctx: Context, { template, templateFile }: Look): string | undefined {
  if (templateFile === undefined) return template;
  const text = readText(path.resolve(ctx.io.cwd, templateFile), 1024 * 1024);
  if (text === undefined) throw new UsageError(`the template does not exist: ${templateFile}`, { code: 'bad_flag' });
  return text;
}

function textLine(style: Style, message: (line: LogLine) => string, withNamespace: boolean): Format {
  const prefixes = new Map<string, string>();
  const prefixOf = ({ cluster, namespace, pod, container }: LogSource): string => {
    const key = `${cluster ?? ''}/${namespace}/${pod}/${container}`;
    const known = prefixes.get(key);
    if (known !== undefined) return known;
    const names = [...(cluster === undefined ? [] : [cluster]), ...(withNamespace ? [namespace] : []), pod];
    const paint = paintOf(style, cluster ?? pod);
    const prefix = `${paint(escapeForTerminal(names.join(' ')))} ${style.dim(escapeForTerminal(container))} `;
    prefixes.set(key, prefix);
    return prefix;
  };
  return (source, line) => `${prefixOf(source)}${message(line)}\n`;
}

const jsonLine: Format = (source, { timestamp, message }) => {
  const { cluster, namespace, pod, container, node, labels, annotations } = source;
  return document({
    message,
    ...(cluster !== undefined && { clusterName: cluster }),
    nodeName: node,
    namespace,
    podName: pod,
    containerName: container,
    labels,
    annotations,
    timestamp,
  });
};

/** The message of a line that is JSON stays JSON. */
function extendedJson(isPretty: boolean): Format {
  return ({ cluster, pod, container }, { message }) => {
    let value: unknown = message;
    try {
      value = JSON.parse(message);
    } catch {
      // A text.
    }
    const where = cluster === undefined ? { pod, container } : { cluster, pod, container };
    return document({ ...where, message: value }, isPretty ? 2 : undefined);
  };
}

function document(value: unknown, indent?: number): string {
  return `${escapeInDocument(JSON.stringify(value, undefined, indent))}\n`;
}

/** The same colour for the same pod or cluster, every time. Red is for errors. */
function paintOf(style: Style, name: string): (text: string) => string {
  const paints = [style.cyan, style.green, style.magenta, style.yellow, style.blue];
  let sum = 0;
  for (let i = 0; i < name.length; i++) sum = (sum * 31 + name.charCodeAt(i)) >>> 0;
  return paints[sum % paints.length] ?? style.cyan;
}

function highlighted(text: string, patterns: readonly RegExp[], style: Style): string {
  return patterns.reduce(
    (line, pattern) =>
      line.replace(new RegExp(pattern.source, `${pattern.flags}g`), found => (found === '' ? '' : style.red(found))),
    text,
  );
}

/** The time before a line, with a space; empty without `--timestamps`. */
function timeText({ timestamps, timezone }: Look): (line: LogLine) => string {
  if (timestamps === undefined) return () => '';
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: timezone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    timeZoneName: 'longOffset',
  });
  return ({ timestamp }) => {
    const time = new Date(timestamp);
    if (Number.isNaN(time.getTime())) return '';
    const of = new Map(parts.formatToParts(time).map(({ type, value }) => [type, value]));
    const day = `${of.get('month')}-${of.get('day')}`;
    const clock = `${of.get('hour')}:${of.get('minute')}:${of.get('second')}`;
    if (timestamps === 'short') return `${day} ${clock} `;
    const fraction = /\.(\d+)/.exec(timestamp)?.[1] ?? '';
    const offset = of.get('timeZoneName')?.replace('GMT', '').replace('+00:00', '') || 'Z';
    return `${of.get('year')}-${day}T${clock}.${fraction.padEnd(9, '0')}${offset} `;
  };
}
