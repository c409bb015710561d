/** Connects the guard of kubectl commands to the kubeconfig, the registry and the terminal. */
import { InterruptedError } from '../errors.ts';
import { meantContext } from '../kubeconfig/view.ts';
import type { GuardWorld } from '../kubectl/confirm.ts';
import { type KubectlLine, valueOfFlag } from '../kubectl/line.ts';
import { type PinnedTarget, pinTarget } from '../kubectl/pinned-target.ts';
import { captureKubectl, PLAIN_KUBECTL, runKubectlWithHint } from '../kubectl/run.ts';
import type { Context } from './context.ts';
import type { GuardPolicy } from './guard-policy.ts';
import { sayFailed } from './say-failed.ts';

/** Resolves the target of a kubectl command line, with the environment from the registry. */
export async function pinLine(ctx: Context, line: KubectlLine): Promise<PinnedTarget> {
  const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
  return pinTarget(
    {
      stateDir: ctx.paths.state,
      now: ctx.io.now(),
      view,
      context: meantContext(view, valueOfFlag(line, '--context')),
      registry: () => ctx.registry(),
      debug: text => ctx.messages.debug(text),
    },
    line,
  );
}

/** @param yes answer every question with yes */
export function createGuardWorld(ctx: Context, yes: boolean, policy: GuardPolicy): GuardWorld {
  return {
    io: ctx.io,
    yes,
    policy,
    say: line => ctx.messages.say(line),
    target: line => pinLine(ctx, line),
    run: args => runKubectlWithHint(ctx, args, PLAIN_KUBECTL),
    capture: async args => {
      const result = await captureKubectl(ctx, args, PLAIN_KUBECTL);
      // A signal ended kubectl early: its output is incomplete.
      if (result.signal !== null || ctx.io.signal.aborted) throw new InterruptedError('interrupted; nothing was done');
      return result;
    },
    failed: ({ name }, result) => sayFailed(ctx, name, result),
  };
}
