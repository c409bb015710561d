/**
 * What wraps kubectl. A plugin is a file in this folder that says its name, its flags and its help, and does its work with what it is handed: the context
 * it is about, kubectl, the registry. Adding one is adding a file and a line in index.ts.
 */
import type { Command } from 'commander';
import type { CommandTexts } from '../cli/command.ts';
import type { Context } from '../cli/context.ts';
import type { CaptureOptions } from '../cli/kubectl.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import { clusterNameOf, type KubeconfigView, namespaceOf } from '../kubeconfig/view.ts';
import type { SpawnResult } from '../platform/io.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import type { Cluster } from '../registry/cluster.ts';

/** Flags as commander reads them: `--no-wait` is `wait: false`. */
export type PluginFlags = Readonly<Record<string, unknown>>;

export interface Plugin {
  readonly name: string;
  readonly texts: CommandTexts;
  /** Declares arguments and flags of its own; `--cluster` and the global ones are there. For a plugin that is `verbatim` they are only shown. */
  readonly declare?: (command: Command) => void;
  /** Handed on as typed, without a command line parser in between: kubectl's own flags all pass. */
  readonly verbatim?: boolean;
  /** It acts on no cluster: the flag --cluster, if there is one, is its own. */
  readonly isLocal?: boolean;
  /** Resolves to the exit code; nothing is 0. */
  readonly run: (ctx: PluginContext, args: readonly string[], flags: PluginFlags) => Promise<number | undefined>;
}

/** What a plugin acts on. */
export interface PluginTarget {
  readonly context: string;
  readonly namespace: string;
  /** The cluster's alias, or what else the context says it is. */
  readonly clusterName: string;
}

export class PluginContext {
  readonly base: Context;
  readonly #clusterFlag: string | undefined;
  #view: Promise<KubeconfigView> | undefined;

  constructor(base: Context, clusterFlag?: string) {
    this.base = base;
    this.#clusterFlag = clusterFlag;
  }

  get io(): Context['io'] {
    return this.base.io;
  }

  get globals(): Context['globals'] {
    return this.base.globals;
  }

  get messages(): Context['messages'] {
    return this.base.messages;
  }

  /** --cluster, else --context, else the current context. Throws NotFoundError (3) where there is no such context. */
  async target(): Promise<PluginTarget> {
    const view = await this.view();
    const context = this.#clusterFlag === undefined ? this.base.currentContext(view) : this.#contextOf(view);
    return {
      context,
      namespace: this.globals.namespace ?? namespaceOf(view, context),
      clusterName: clusterNameOf(view, context),
    };
  }

  #contextOf(view: KubeconfigView): string {
    const name = this.#clusterFlag ?? '';
    if (this.globals.context !== undefined && this.globals.context !== name)
      throw new UsageError('--cluster and --context say different things', {
        code: 'two_targets',
        hint: 'leave one of them out',
      });
    if (view.contexts.has(name)) return name;
    for (const context of view.contexts.keys()) if (clusterNameOf(view, context) === name) return context;
    throw new NotFoundError(`there is no context for the cluster ${name}`, {
      code: 'no_such_context',
      hint: `zkubectl use ${name}`,
    });
  }

  /** The registry's record of the target. */
  async cluster(): Promise<Cluster> {
    const { clusterName } = await this.target();
    return (await this.base.registry()).find(clusterName);
  }

  /** The kubeconfig, read once. */
  view(): Promise<KubeconfigView> {
    this.#view ??= this.base.kubeconfig.load();
    return this.#view;
  }

  /** kubectl on the target, with our terminal. Resolves to its exit code. */
  async kubectl(...args: readonly string[]): Promise<number> {
    const { runKubectl } = await import('../cli/kubectl.ts');
    return runKubectl(this.base, [...(await this.#flags()), ...args]);
  }

  /** Says what a kubectl that failed said, and on production how to get access; gives its exit code. */
  async failed(result: SpawnResult): Promise<number> {
    for (const line of result.stderr.trimEnd().split('\n')) this.messages.say(line);
    const code = exitCodeOf(result);
    const { hintAfter } = await import('../cli/forbidden-hint.ts');
    await hintAfter(this.base, (await this.target()).clusterName, code, result.stderr);
    return code;
  }

  /** kubectl on the target, its output kept. */
  async kubectlOutput(...args: readonly string[]): Promise<SpawnResult> {
    return this.captureKubectl(args);
  }

  /** The same, with something on its stdin, or listened to. */
  async captureKubectl(args: readonly string[], options: CaptureOptions = {}): Promise<SpawnResult> {
    const { captureKubectl } = await import('../cli/kubectl.ts');
    return captureKubectl(this.base, [...(await this.#flags()), ...args], {}, options);
  }

  async #flags(): Promise<string[]> {
    const { context, namespace } = await this.target();
    const { kubeconfig } = this.globals;
    return [...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), '--context', context, '-n', namespace];
  }
}
