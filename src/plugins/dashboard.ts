/** `dashboard`: the web view of a cluster, by the template `dashboard.url`. */
import { parseServiceUrl } from '../platform/net/service-url.ts';
import { browserCommand } from '../platform/process/browser.ts';
import type { Plugin, PluginContext, PluginFlags } from './plugin.ts';

export const dashboardPlugin: Plugin = {
  name: 'dashboard',
  texts: {
    summary: "open a cluster's web view",
    description:
      "Opens the web view of the current context's cluster. Its address is dashboard.url, with {alias}, {id} and {namespace} filled in.",
    examples: ['zkubectl dashboard', 'zkubectl dashboard --print --cluster foobarlab'],
  },
  declare: command => {
    command.option('--print', 'only print the address');
  },
  run: runDashboard,
};

async function runDashboard(ctx: PluginContext, _args: readonly string[], flags: PluginFlags): Promise<undefined> {
  const template = (await ctx.base.config()).required('dashboard.url');
  const { clusterName, namespace } = await ctx.target();
  // Only a template that names the id needs the registry.
  const id = template.includes('{id}') ? (await ctx.cluster()).id : '';
  const filled = template
    .replaceAll('{alias}', encodeURIComponent(clusterName))
    .replaceAll('{id}', encodeURIComponent(id))
    .replaceAll('{namespace}', encodeURIComponent(namespace));
  const url = parseServiceUrl('the dashboard', filled).href;
  if (flags['print'] === true) {
    ctx.io.stdout.write(`${url}\n`);
    return undefined;
  }
  ctx.messages.say(`the dashboard of ${clusterName}: ${url}`);
  await ctx.io.openBrowser(await browserCommand(ctx.io), url);
  return undefined;
}
