/** kubectl, led to one target: for commands that wrap it. */
import type { ClusterTarget } from '../clusters/target.ts';
import { hintAfter } from '../kubectl/forbidden-hint.ts';
import { type CaptureOptions, captureKubectl, runKubectl } from '../kubectl/run.ts';
import type { SpawnResult } from '../platform/io.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import type { Context } from './context.ts';

export class TargetKubectl {
  readonly target: ClusterTarget;
  readonly #ctx: Context;

  constructor(ctx: Context, target: ClusterTarget) {
    this.#ctx = ctx;
    this.target = target;
  }

  /** With our terminal. Resolves to the exit code. */
  run(...args: readonly string[]): Promise<number> {
    return runKubectl(this.#ctx, [...this.#flags(), ...args]);
  }

  /** With its output kept, and no terminal. */
  output(...args: readonly string[]): Promise<SpawnResult> {
    return this.capture(args);
  }

  /** The same, with something on its stdin, or listened to. */
  capture(args: readonly string[], options: CaptureOptions = {}): Promise<SpawnResult> {
    return captureKubectl(this.#ctx, [...this.#flags(), ...args], {}, options);
  }

  /** Says what a kubectl that failed said, and on production how to get access; gives its exit code. */
  async failed(result: SpawnResult): Promise<number> {
    for (const line of result.stderr.trimEnd().split('\n')) this.#ctx.messages.say(line);
    const code = exitCodeOf(result);
    await hintAfter(this.#ctx, this.target.clusterName, code, result.stderr);
    return code;
  }

  #flags(): string[] {
    const { context, namespace } = this.target;
    const { kubeconfig } = this.#ctx.globals;
    return [...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), '--context', context, '-n', namespace];
  }
}

/** A context and kubectl on the target that its command line names. */
export async function targetKubectl(ctx: Context, cluster: string | undefined): Promise<TargetKubectl> {
  return new TargetKubectl(ctx, await ctx.target(cluster));
}
