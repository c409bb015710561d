/** `generate deployment|ingress|stackset`: manifests on stdout, ready for `kubectl apply -f -`. Makes no request: it works without a cluster. */
import path from 'node:path';
import type { Command, Option } from 'commander';
import { checkNamespaceName, checkObjectName } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, type CommandDefinition, type CommandFlags, collect } from '../../cli/definition.ts';
import { CliError, UsageError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { createExclusive } from '../../platform/files/files.ts';
import { type AppSpec, nameOf, versionOf } from './app-spec.ts';
import { deploymentManifests, ingressManifests, serviceOf, stackSetManifests } from './manifests.ts';

const KINDS: Readonly<Record<string, (app: AppSpec) => JsonObject[]>> = {
  deployment: deploymentManifests,
  ingress: app => [serviceOf(app), ...ingressManifests(app)],
  stackset: stackSetManifests,
};

interface GenerateOptions {
  readonly kind: string;
  /** The flags that describe the application. */
  readonly flags: CommandFlags;
}

export const generateCommand: CommandDefinition<GenerateOptions> = {
  texts: {
    summary: 'print manifests for a deployment, an ingress or a stackset',
    description:
      'Prints manifests for a web application, ready to apply: two replicas, probes, a PodDisruptionBudget, and the labels application, component and version.',
    examples: [
      'zkubectl generate deployment --application shop --component cart --image registry.example.org/cart:1.4.2',
      'zkubectl generate ingress --application shop --component cart --image registry.example.org/cart:1.4.2 --host cart.example.org',
      'zkubectl generate stackset --application shop --image registry.example.org/shop:7 --autoscaling 2-10 | zkubectl apply -f -',
    ],
  },
  formats: ['yaml', 'json'],
  declare: command => {
    declareAppFlags(command.argument('<KIND>', 'deployment, ingress or stackset'));
    // Of init, -t is the template.
    command.option('-t <TEAM>', 'short for --team').option('-f, --file <FILE>', 'write a new file instead of stdout');
  },
  options: ([kind = ''], flags) => ({ kind, flags }),
  run: runGenerate,
};

/** Declares the flags that describe the application. */
export function declareAppFlags(command: Command): void {
  command
    .option('-a, --application <NAME>', 'the name of the application')
    .option('-c, --component <NAME>', "the component of the application; default: the application's name")
    .option('--image <IMAGE>', 'the image; its tag becomes the version')
    .option('--team <TEAM>', 'the team that owns it; becomes a label')
    .option('--host <HOST>', 'a host name of the application; a list, or repeated', collect)
    .option('--scopes <SCOPES>', 'OAuth scopes, by commas: those of its tokens, or that an ingress requires', collect)
    .option('--ui', 'an ingress for people: the browser logs in')
    .option('--backend-port <PORT>', 'the port that the container listens on', '8080')
    .option('--health-path <PATH>', 'the HTTP path of the probes', '/health')
    .option('--cpu <QUANTITY>', 'CPU for each pod', '100m')
    .option('--memory <QUANTITY>', 'memory for each pod', '256Mi')
    .option('--replicas <NUMBER>', 'number of pods', '2')
    .option('--autoscaling [MIN-MAX]', 'scale the number of pods by load; 2-10 without a value')
    .addOption(
      switchOrValue(command, '--config [KEY=VALUE]', 'a ConfigMap; with a value, a setting in it; may be repeated'),
    )
    .addOption(
      switchOrValue(
        command,
        '--secret [NAME]',
        "an existing Secret for the environment, by default of the application's name; may be repeated",
      ),
    );
  addUpstreamFlags(command, '--backendport <PORT>');
}

/** A flag that may stand without a value (which is then empty), and may be repeated. */
function switchOrValue(command: Command, flags: string, help: string): Option {
  return command.createOption(flags, help).preset('').argParser(collect);
}

async function runGenerate(ctx: Context, { kind, flags }: GenerateOptions): Promise<void> {
  const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (make === undefined) {
    throw new UsageError(`cannot generate "${kind}"`, {
      code: 'unknown_kind',
      hint: `zkubectl generate ${Object.keys(KINDS).join('|')}`,
    });
  }
  const named = { ...flags, team: flags['team'] ?? flags['t'] };
  const app = appOf(named, ctx.globals.namespace, kind === 'ingress' ? ['host'] : ['image']);
  const objects = make(app);
  const text = ctx.globals.output === 'json' ? listText(objects) : await yamlText(objects);
  const { file } = flags;
  if (typeof file !== 'string') return void ctx.io.stdout.write(text);
  if (!createExclusive(path.resolve(ctx.io.cwd, file), text, 0o644))
    throw new CliError(`${file} already exists`, { code: 'file_exists', hint: 'remove it, or name another file' });
  ctx.messages.say(`wrote ${file}`);
}

function listText(items: readonly JsonObject[]): string {
  return `${JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, null, 2)}\n`;
}

/** Objects as YAML documents. kubectl reads YAML 1.1, where `on` and `1_000` are not strings: such strings are quoted. */
export async function yamlText(objects: readonly JsonObject[]): Promise<string> {
  const { Document } = await import('../../platform/libraries/yaml.ts');
  return objects
    .map(object =>
      new Document(object, { aliasDuplicateObjects: false, compat: 'yaml-1.1' }).toString({ lineWidth: 0 }),
    )
    .join('---\n');
}

/** The application that flags describe. Throws UsageError (2) naming the flag that is missing or wrong. */
export function appOf(flags: CommandFlags, namespace: string | undefined, needed: readonly string[] = []): AppSpec {
  const text = (name: string) => (typeof flags[name] === 'string' ? flags[name] : undefined);
  for (const name of ['application', ...needed])
    if (text(name) === undefined && many(flags[name]).length === 0)
      throw new UsageError(`--${name} is missing`, { code: 'missing_flag', hint: 'add --help to see its flags' });
  const application = checkedLabel('--application', text('application') ?? '');
  const component = checkedLabel('--component', text('component') ?? application);
  if (namespace !== undefined) checkNamespaceName(namespace);
  const image = text('image');
  if (image !== undefined && !/^[\w][\w.\-/:@]{0,500}$/.test(image)) throw wrong('--image', 'an image', image);
  if (image !== undefined) versionOf(image);
  const hosts = [...new Set(many(flags['host']).flatMap(host => host.split(',')))];
  for (const host of hosts)
    if (!/^(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(host))
      throw wrong('--host', 'a host name', host);
  const healthPath = text('healthPath') ?? '/';
  if (!/^\/[\w\-./~%?=&]*$/.test(healthPath)) throw wrong('--health-path', 'a path', healthPath);
  const config = many(flags['config']);
  const name = nameOf({ application, component });
  // Without a value, it is the application's own.
  const secrets = many(flags['secret']).map(secret => secret || name);
  for (const name of secrets) checkObjectName('Secret', name);
  return {
    application,
    component,
    image: image ?? '',
    hosts,
    team: text('team') === undefined ? undefined : checkedTeam(text('team') ?? ''),
    scopes: scopesOf(many(flags['scopes'])),
    isForPeople: flags['ui'] === true,
    healthPath,
    backendPort: wholeNumber('--backend-port', text('backendport') ?? text('backendPort') ?? '', 1, 65_535),
    cpu: quantity('--cpu', text('cpu') ?? ''),
    memory: quantity('--memory', text('memory') ?? ''),
    replicas: wholeNumber('--replicas', text('replicas') ?? '', 1, 1000),
    autoscaling: autoscalingOf(flags['autoscaling']),
    config: config.length === 0 ? undefined : configOf(config.filter(pair => pair !== '')),
    secrets,
    namespace,
  };
}

function wrong(flag: string, what: string, text: string): UsageError {
  return new UsageError(`${flag} takes ${what}, not ${text}`, { code: 'bad_flag' });
}

function many(flag: unknown): string[] {
  if (typeof flag === 'string') return [flag];
  return Array.isArray(flag) ? (flag as string[]) : [];
}

/** A label value (RFC 1123). */
function checkedTeam(text: string): string {
  if (/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(text)) return text;
  throw wrong('--team', 'letters, digits, dashes and dots', text);
}

/** OAuth scopes (RFC 6749 section 3.3); each becomes a word in a filter of the ingress. */
function scopesOf(lists: readonly string[]): string[] {
  const scopes = [...new Set(lists.flatMap(list => list.split(',')).map(scope => scope.trim()))].filter(Boolean);
  for (const scope of scopes) if (!/^[\w.:/-]{1,100}$/.test(scope)) throw wrong('--scopes', 'names of scopes', scope);
  return scopes;
}

/** An RFC 1035 label, because it also names a Service. Short enough that two labels fit into one name. */
function checkedLabel(flag: string, text: string): string {
  if (/^[a-z]([-a-z0-9]{0,28}[a-z0-9])?$/.test(text)) return text;
  throw wrong(flag, 'up to 30 lower-case letters, digits and dashes, a letter first', text);
}

function wholeNumber(flag: string, text: string, min: number, max: number): number {
  const value = /^\d{1,6}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= min && value <= max) return value;
  throw wrong(flag, `a number from ${min} to ${max}`, text);
}

/** A quantity as Kubernetes writes it: `500m`, `1.5`, `256Mi`. */
function quantity(flag: string, text: string): string {
  if (/^\d{1,10}(\.\d{1,3})?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/.test(text) && Number.parseFloat(text) > 0) return text;
  throw wrong(flag, 'a quantity such as 500m or 256Mi', text);
}

function autoscalingOf(flag: unknown): AppSpec['autoscaling'] {
  if (flag === undefined || flag === false) return undefined;
  const text = flag === true ? '2-10' : String(flag);
  const [, min, max] = /^(\d{1,4})-(\d{1,4})$/.exec(text) ?? [];
  if (min === undefined || max === undefined || Number(min) < 1 || Number(max) < Number(min))
    throw wrong('--autoscaling', 'MIN-MAX, such as 2-10', text);
  return { min: Number(min), max: Number(max) };
}

function configOf(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map(pair => {
      const at = pair.indexOf('=');
      const key = pair.slice(0, at);
      if (at < 1 || !/^[A-Za-z_][\w.-]{0,250}$/.test(key)) throw wrong('--config', 'KEY=VALUE', pair);
      return [key, pair.slice(at + 1)];
    }),
  );
}
