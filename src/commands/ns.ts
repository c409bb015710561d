/** `ns [NAME|-]`: switch the namespace of the current context. */

import { apiTarget } from '../cli/api-target.ts';
import { checkNamespaceName } from '../cli/checks.ts';
import type { Context } from '../cli/context.ts';
import type { CommandDefinition } from '../cli/definition.ts';
import { marked, usedFirst } from '../cli/pick-cluster.ts';
import { CliError, messageOf, NotFoundError, UsageError } from '../errors.ts';
import { type KubeconfigView, namespaceOf } from '../kubeconfig/view.ts';
import { nearest } from '../lib/nearest.ts';
import { escapeForTerminal } from '../lib/terminal-text.ts';
import { isInteractive } from '../platform/io.ts';

export interface NsOptions {
  readonly namespace: string | undefined;
}

export const nsCommand: CommandDefinition<NsOptions> = {
  texts: {
    summary: 'switch the namespace; - switches back',
    description: "Switches the current context's namespace. Without NAME, you choose from a list on a terminal.",
    examples: ['zkubectl ns shop', 'zkubectl ns -', 'zkubectl ns'],
  },
  declare: command => {
    command.argument('[NAME|-]', 'the namespace; - for the previous namespace');
  },
  options: ([namespace]) => ({ namespace }),
  run: runNs,
};

export async function runNs(ctx: Context, options: NsOptions): Promise<void> {
  const view = await ctx.kubeconfig.load();
  const context = ctx.currentContext(view);
  const before = namespaceOf(view, context);
  const list = `namespaces ${ctx.kubeconfig.id} ${context}`;
  const history = await ctx.history();
  if (options.namespace === undefined && !isInteractive(ctx.io)) {
    throw new UsageError('no namespace given', {
      code: 'no_namespace',
      hint: `zkubectl ns NAME, or zkubectl ns - for the previous namespace; the current namespace is ${before}`,
    });
  }
  let name = options.namespace;
  if (name === '-') {
    name = history.previous(list)?.name;
    if (name === undefined)
      throw new NotFoundError('there is no previous namespace', { code: 'no_previous', hint: 'zkubectl ns NAME' });
  } else if (name === undefined) {
    const names = await namespaces(ctx, view, context);
    name = await ctx.io.prompt.pick(
      `namespace in ${escapeForTerminal(context)}?`,
      usedFirst(
        names.map(value => ({
          value,
          name: marked(escapeForTerminal(value), value === before),
          short: escapeForTerminal(value),
        })),
        history.names(list),
      ),
    );
  } else {
    await checkNamespace(ctx, view, context, name);
  }
  await ctx.kubeconfig.setNamespace(view, context, name);
  if (before !== name) history.push(list, { name: before });
  ctx.messages.say(`namespace of ${context} is now ${name}`);
}

/** Throws NotFoundError (3) when the cluster has no such namespace. Only warns when the namespaces cannot be listed. */
async function checkNamespace(ctx: Context, view: KubeconfigView, context: string, name: string): Promise<void> {
  checkNamespaceName(name);
  if (ctx.globals.offline) return;
  let names: readonly string[];
  try {
    names = await namespaces(ctx, view, context);
  } catch (error) {
    if (!(error instanceof CliError) || error.exitCode === 130) throw error;
    ctx.messages.warn(`could not check that namespace ${name} exists: ${messageOf(error)}`);
    return;
  }
  if (names.includes(name)) return;
  const near = nearest(name, names);
  throw new NotFoundError(`there is no namespace ${name} in ${context}`, {
    code: 'no_such_namespace',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : `zkubectl get namespaces`,
  });
}

async function namespaces(ctx: Context, view: KubeconfigView, context: string): Promise<readonly string[]> {
  const { listNamespaces } = await import('../kubernetes/api.ts');
  return listNamespaces(ctx.io, await apiTarget(ctx, view, context));
}
