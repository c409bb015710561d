/** `dashboard`: the web view of a cluster, by the template `dashboard.url`. */
import type { Context } from '../cli/context.ts';
import { CLUSTER_FLAG, type CommandDefinition } from '../cli/definition.ts';
import { checkOneTarget } from '../clusters/target.ts';
import { namespaceOf } from '../kubeconfig/view.ts';
import { parseServiceUrl } from '../platform/net/service-url.ts';
import { browserCommand } from '../platform/process/browser.ts';

interface DashboardOptions {
  readonly cluster: string | undefined;
  /** Only print the address. */
  readonly print: boolean;
}

export const dashboardCommand: CommandDefinition<DashboardOptions> = {
  texts: {
    summary: "open a cluster's web view",
    description:
      "Opens the web view of the current context's cluster. Its address is dashboard.url, with {alias}, {id} and {namespace} filled in.",
    examples: ['zkubectl dashboard', 'zkubectl dashboard --print --cluster foobarlab'],
  },
  declare: command => {
    command.option(...CLUSTER_FLAG).option('--print', 'only print the address');
  },
  options: (_, flags: { cluster?: string; print?: boolean }) => ({
    cluster: flags.cluster,
    print: flags.print ?? false,
  }),
  run: runDashboard,
};

async function runDashboard(ctx: Context, { cluster, print }: DashboardOptions): Promise<void> {
  const template = (await ctx.config()).required('dashboard.url');
  checkOneTarget({ cluster, context: ctx.globals.context });
  const clusterName = await ctx.clusterName(cluster);
  // Only a template with {id} needs the registry.
  const id = template.includes('{id}') ? (await ctx.cluster(clusterName)).id : '';
  const filled = template
    .replaceAll('{alias}', encodeURIComponent(clusterName))
    .replaceAll('{id}', encodeURIComponent(id))
    .replaceAll('{namespace}', encodeURIComponent(await namespaceFor(ctx, cluster)));
  const url = parseServiceUrl('the dashboard', filled).href;
  if (print) {
    ctx.io.stdout.write(`${url}\n`);
    return;
  }
  ctx.messages.say(`the dashboard of ${clusterName}: ${url}`);
  await ctx.io.openBrowser(await browserCommand(ctx.io), url);
}

/** The namespace: -n, else the context's. A cluster named with --cluster need not have a context. */
async function namespaceFor(ctx: Context, cluster: string | undefined): Promise<string> {
  if (ctx.globals.namespace !== undefined) return ctx.globals.namespace;
  const view = await ctx.kubeconfig.load();
  return namespaceOf(view, cluster ?? ctx.currentContext(view));
}
