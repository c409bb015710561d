/** `generate deployment|ingress|stackset`: manifests on stdout, ready for `kubectl apply -f -`. Makes no request: it works without a cluster. */
import type { Command } from 'commander';
import { checkNamespaceName, checkObjectName } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { type CommandDefinition, type CommandFlags, collect } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';
import { type AppSpec, deploymentManifests, ingressManifests, stackSetManifests, versionOf } from './manifests.ts';

const KINDS: Readonly<Record<string, (app: AppSpec) => JsonObject[]>> = {
  deployment: deploymentManifests,
  ingress: ingressManifests,
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
  },
  options: ([kind = ''], flags) => ({ kind, flags }),
  run: runGenerate,
};

/** Declares the flags that describe the application. */
export function declareAppFlags(command: Command): void {
  command
    .option('--application <NAME>', 'the name of the application')
    .option('--component <NAME>', "the component of the application; default: the application's name")
    .option('--image <IMAGE>', 'the image; its tag becomes the version')
    .option('--host <HOST>', 'the host name of the application')
    .option('--backend-port <PORT>', 'the port that the container listens on', '8080')
    .option('--health-path <PATH>', 'the HTTP path of the probes', '/health')
    .option('--cpu <QUANTITY>', 'CPU for each pod', '100m')
    .option('--memory <QUANTITY>', 'memory for each pod', '256Mi')
    .option('--replicas <NUMBER>', 'number of pods', '2')
    .option('--autoscaling [MIN-MAX]', 'scale the number of pods by load; 2-10 without a value')
    .option('--config <KEY=VALUE>', 'a setting for the ConfigMap; may be repeated', collect)
    .option('--secret <NAME>', 'an existing Secret for the environment; may be repeated', collect);
}

async function runGenerate(ctx: Context, { kind, flags }: GenerateOptions): Promise<void> {
  const make = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (make === undefined) {
    throw new UsageError(`cannot generate "${kind}"`, {
      code: 'unknown_kind',
      hint: `zkubectl generate ${Object.keys(KINDS).join('|')}`,
    });
  }
  const app = appOf(flags, ctx.globals.namespace, kind === 'ingress' ? ['host'] : []);
  const objects = make(app);
  ctx.io.stdout.write(ctx.globals.output === 'json' ? listText(objects) : await yamlText(objects));
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
  for (const name of ['application', 'image', ...needed])
    if (text(name) === undefined)
      throw new UsageError(`--${name} is missing`, { code: 'missing_flag', hint: 'add --help to see its flags' });
  const application = checkedLabel('--application', text('application') ?? '');
  const component = checkedLabel('--component', text('component') ?? application);
  if (namespace !== undefined) checkNamespaceName(namespace);
  const image = text('image') ?? '';
  if (!/^[\w][\w.\-/:@]{0,500}$/.test(image)) throw wrong('--image', 'an image', image);
  versionOf(image);
  const host = text('host');
  if (host !== undefined && !/^(\*\.)?([a-z0-9]([-a-z0-9]*[a-z0-9])?\.)*[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(host))
    throw wrong('--host', 'a host name', host);
  const healthPath = text('healthPath') ?? '/';
  if (!/^\/[\w\-./~%?=&]*$/.test(healthPath)) throw wrong('--health-path', 'a path', healthPath);
  const secrets = many(flags['secret']);
  for (const name of secrets) checkObjectName('Secret', name);
  return {
    application,
    component,
    image,
    host,
    healthPath,
    backendPort: wholeNumber('--backend-port', text('backendPort') ?? '', 1, 65_535),
    cpu: quantity('--cpu', text('cpu') ?? ''),
    memory: quantity('--memory', text('memory') ?? ''),
    replicas: wholeNumber('--replicas', text('replicas') ?? '', 1, 1000),
    autoscaling: autoscalingOf(flags['autoscaling']),
    config: configOf(many(flags['config'])),
    secrets,
    namespace,
  };
}

function wrong(flag: string, what: string, text: string): UsageError {
  return new UsageError(`${flag} takes ${what}, not ${text}`, { code: 'bad_flag' });
}

function many(flag: unknown): string[] {
  return Array.isArray(flag) ? (flag as string[]) : [];
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
