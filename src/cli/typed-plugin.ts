/**
 * Plugins, zkubectl-NAME, that the user typed.
 * Rules: a plugin that declares writes asks first on a guarded cluster, and then sees only the context that the question named. Its run is in the
 * journal.
 */
import { isGuarded } from '../clusters/guarded.ts';
import { UsageError } from '../errors.ts';
import { confirmByName, needTerminal, placeOf } from '../kubectl/confirm.ts';
import { declaresWrites, type ExternalPlugin, runExternal } from '../kubectl/external-plugins.ts';
import { parseKubectlLine } from '../kubectl/line.ts';
import { clusterVariables, currentClusterVariables } from './cluster-variables.ts';
import type { Context } from './context.ts';

export interface PluginOptions {
  /** Answer the question with yes. */
  readonly yes: boolean;
  /** The plugin's name and arguments, as typed. */
  readonly typed: readonly string[];
  /** What was typed before the plugin's name, without zkubectl's own flags. */
  readonly before: readonly string[];
}

/** Resolves to the plugin's exit code. Throws UsageError (2) for a flag before its name, and where a question needs a terminal. */
export async function runTypedPlugin(ctx: Context, plugin: ExternalPlugin, options: PluginOptions): Promise<number> {
  refuseFlags(options.before);
  if (declaresWrites(plugin.file)) return runGuardedPlugin(ctx, plugin, options);
  return runExternal(ctx.io, plugin, {
    variables: await currentClusterVariables(ctx),
    kubeconfig: ctx.kubeconfig.id,
  });
}

async function runGuardedPlugin(ctx: Context, plugin: ExternalPlugin, options: PluginOptions): Promise<number> {
  const [{ createGuardWorld }, { guardPolicy }, { refuseInReadOnly }] = await Promise.all([
    import('./guard-world.ts'),
    import('./guard-policy.ts'),
    import('./read-only.ts'),
  ]);
  await refuseInReadOnly(ctx);
  const policy = guardPolicy(await ctx.config());
  const world = createGuardWorld(ctx, options.yes, policy);
  const target = await world.target(parseKubectlLine([]));
  try {
    const asks = isGuarded(target.environment, policy.environments) && policy.ask !== 'off' && !options.yes;
    if (asks) {
      needTerminal(world, 'this plugin', target, `--yes before the plugin's name`);
      world.say(`zkubectl ${options.typed.join(' ')} may change ${placeOf(target)}`);
      await confirmByName(world, target, 'run it');
    }
    const { name, environment } = target;
    await (await ctx.journal()).willWrite({ cluster: name, environment, namespace: undefined });
    const variables = await clusterVariables(ctx, name);
    return await runExternal(ctx.io, plugin, { variables, kubeconfig: target.kubeconfig });
  } finally {
    target.remove();
  }
}

/** Refuses flags before a plugin's name, as kubectl does: the plugin would not get them and would use the current context. */
function refuseFlags([flag]: readonly string[]): void {
  if (flag === undefined) return;
  throw new UsageError(`flags cannot be placed before plugin name: ${flag}`, {
    code: 'flag_before_plugin',
    hint: 'put the flag after the plugin name, if the plugin supports it',
  });
}
