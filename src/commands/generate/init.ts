/**
 * `init [DIR]`: creates a folder of starter manifests.
 * Rule: an existing file is never overwritten; a warning names it.
 */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { addUpstreamFlags, type CommandDefinition, type CommandFlags } from '../../cli/definition.ts';
import { pickCluster } from '../../cli/pick-cluster.ts';
import { CliError, messageOf, UsageError } from '../../errors.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { escapeForTerminal } from '../../lib/terminal-text.ts';
import { createExclusive, makeDirs } from '../../platform/files/files.ts';
import { isInteractive } from '../../platform/io.ts';
import type { Cluster } from '../../registry/cluster.ts';
import { type AppSpec, nameOf } from './app-spec.ts';
import { appOf, declareAppFlags, yamlText } from './generate.ts';
import { deploymentManifests, ingressManifests, stackSetManifests } from './manifests.ts';

interface Template {
  readonly about: string;
  readonly files: (app: AppSpec) => Promise<Record<string, string>>;
  /** The commands to run next. */
  readonly steps: (app: AppSpec, dir: string, context: string) => readonly string[];
}

const TEMPLATES: Readonly<Record<string, Template>> = {
  webapp: {
    about: 'a Deployment with an Ingress',
    files: async app => ({
      'deployment.yaml': await yamlText(deploymentManifests(app)),
      'ingress.yaml': await yamlText(ingressManifests(app)),
    }),
    steps: (app, dir, context) => [
      `zkubectl --context ${context} apply --dry-run=server -f ${dir}`,
      `zkubectl --context ${context} apply -f ${dir}`,
      `zkubectl --context ${context} rollout status deployment/${nameOf(app)}`,
    ],
  },
  traffic: {
    about: 'a StackSet, whose versions share the traffic',
    files: async app => ({ 'stackset.yaml': await yamlText(stackSetManifests(app)) }),
    steps: (app, dir, context) => [
      `zkubectl --context ${context} apply --dry-run=server -f ${dir}`,
      `zkubectl --context ${context} apply -f ${dir}`,
      `zkubectl --context ${context} traffic ${nameOf(app)}`,
    ],
  },
};

interface InitOptions {
  readonly dir: string;
  /** The flags that describe the application, its template and cluster. */
  readonly flags: CommandFlags;
}

export const initCommand: CommandDefinition<InitOptions> = {
  texts: {
    summary: 'create a folder of starter manifests',
    description:
      'Writes manifests for an application into a folder (deploy): a Deployment with an Ingress (webapp), or a StackSet (traffic). Existing files are kept. On a terminal it asks for missing values.',
    examples: [
      'zkubectl init -t webapp --application shop --cluster foobarlab',
      'zkubectl init deploy/shop -t traffic --application shop --cluster foobarlab --image registry.example.org/shop:1',
    ],
  },
  declare: command => {
    command
      .argument('[DIR]', 'the folder', 'deploy')
      .option('-t, --template <TEMPLATE>', Object.keys(TEMPLATES).join(' or '))
      .option('--cluster <CLUSTER>', 'the cluster to run on');
    declareAppFlags(command);
    addUpstreamFlags(command, '--kubernetes-cluster <CLUSTER>');
  },
  options: ([dir = 'deploy'], flags) => ({ dir, flags }),
  run: runInit,
};

async function runInit(ctx: Context, { dir, flags }: InitOptions): Promise<void> {
  const { io, messages } = ctx;
  const template = await theTemplate(ctx, flags['template']);
  const application = await theApplication(ctx, flags['application']);
  const cluster = await theCluster(ctx, flags['cluster'] ?? flags['kubernetesCluster']);
  const app = appOf(
    {
      // Defaults to start with: the README in the folder says what to change.
      image: `registry.example.org/${application}:1`,
      host: [`${application}.example.org`],
      ...flags,
      application,
    },
    ctx.globals.namespace,
  );
  const context = shellWord(cluster.alias);
  const files = {
    ...(await template.files(app)),
    'README.md': readme(app, cluster, template.steps(app, '.', context)),
  };
  const folder = path.resolve(io.cwd, dir);
  const there: string[] = [];
  try {
    makeDirs(folder);
    for (const [name, text] of Object.entries(files)) {
      if (createExclusive(path.join(folder, name), text, 0o644)) messages.say(`wrote ${path.join(dir, name)}`);
      else there.push(name);
    }
  } catch (error) {
    throw new CliError(`${dir} could not be written: ${messageOf(error)}`, { code: 'not_written', cause: error });
  }
  for (const name of there) messages.warn(`${path.join(dir, name)} already exists and was not changed`);
  const [first = ''] = template.steps(app, shellWord(dir), context);
  messages.hint(`read ${path.join(dir, 'README.md')}, then run: ${first}`);
}

function missing(flag: string, hint: string): UsageError {
  return new UsageError(`${flag} is missing`, { code: 'missing_flag', hint });
}

async function theTemplate(ctx: Context, flag: unknown): Promise<Template> {
  const names = Object.keys(TEMPLATES);
  const choices = Object.entries(TEMPLATES).map(([name, { about }]) => ({ value: name, name: `${name}: ${about}` }));
  if (flag === undefined && !isInteractive(ctx.io)) throw missing('--template', `-t ${names.join('|')}`);
  const name = String(flag ?? (await ctx.io.prompt.pick('which template?', choices)));
  const template = Object.hasOwn(TEMPLATES, name) ? TEMPLATES[name] : undefined;
  if (template === undefined)
    throw new UsageError(`there is no template ${name}`, { code: 'no_template', hint: `-t ${names.join('|')}` });
  return template;
}

async function theApplication(ctx: Context, flag: unknown): Promise<string> {
  if (flag === undefined && !isInteractive(ctx.io)) throw missing('--application', '--application NAME');
  return String(flag ?? (await ctx.io.prompt.input("the application's name?"))).trim();
}

async function theCluster(ctx: Context, flag: unknown): Promise<Cluster> {
  if (typeof flag === 'string') return ctx.cluster(flag);
  if (!isInteractive(ctx.io)) throw missing('--cluster', '--cluster CLUSTER');
  return ctx.cluster(await pickCluster(ctx, 'run on which cluster?'));
}

function readme(app: AppSpec, cluster: Cluster, steps: readonly string[]): string {
  return `# ${nameOf(app)}

For the cluster ${escapeForTerminal(cluster.alias)} (${escapeForTerminal(cluster.environment)}). Check these values before you deploy:

- the image, \`${app.image}\`, whose tag is the version
- the host name, \`${app.hosts.join(', ')}\`
- the HTTP path of the probes, \`${app.healthPath}\`, and the port, ${app.backendPort}
- CPU and memory

In this folder:

\`\`\`sh
${steps.join('\n')}
\`\`\`
`;
}
