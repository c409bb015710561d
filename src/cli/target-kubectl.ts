/** kubectl with the flags of one target, for commands that wrap kubectl. */
import type { ClusterTarget } from '../clusters/target.ts';
import { type CaptureOptions, captureKubectl, runKubectl } from '../kubectl/run.ts';
import type { SpawnResult } from '../platform/io.ts';
import type { Context } from './context.ts';
import { sayFailed } from './say-failed.ts';

export class TargetKubectl {
  readonly target: ClusterTarget;
  readonly #ctx: Context;

  constructor(ctx: Context, target: ClusterTarget) {
    this.#ctx = ctx;
    this.target = target;
  }

  /** Runs kubectl on our terminal. Resolves to the exit code. */
  run(...args: readonly string[]): Promise<number> {
    return runKubectl(this.#ctx, [...this.#flags(), ...args]);
  }

  /** Runs kubectl without a terminal and captures its output. */
  output(...args: readonly string[]): Promise<SpawnResult> {
    return this.capture(args);
  }

  /** The same, with input for stdin or a listener for the output. */
  capture(args: readonly string[], options: CaptureOptions = {}): Promise<SpawnResult> {
    return captureKubectl(this.#ctx, [...this.#flags(), ...args], {}, options);
  }

  /** Shows the error of a failed kubectl, and on production how to get access. Resolves to kubectl's exit code. */
  failed(result: SpawnResult): Promise<number> {
    return sayFailed(this.#ctx, this.target.clusterName, result);
  }

  #flags(): string[] {
    const { context, namespace } = this.target;
    const { kubeconfig } = this.#ctx.globals;
    return [...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]), '--context', context, '-n', namespace];
  }
}

/** kubectl for the target that the command line selects. */
export async function targetKubectl(ctx: Context, cluster: string | undefined): Promise<TargetKubectl> {
  return new TargetKubectl(ctx, await ctx.target(cluster));
}
