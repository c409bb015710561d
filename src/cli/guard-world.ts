/** What the guard of kubectl's commands is made of here: the kubeconfig, the registry, the terminal. */
import { InterruptedError } from '../errors.ts';
import { meantContext } from '../kubeconfig/view.ts';
import type { GuardWorld } from '../kubectl/confirm.ts';
import { type KubectlLine, valueOfFlag } from '../kubectl/line.ts';
import { type PinnedTarget, pinTarget } from '../kubectl/pinned-target.ts';
import { captureKubectl, runKubectlWithHint } from '../kubectl/run.ts';
import { exitCodeOf } from '../platform/process/signals.ts';
import type { Context } from './context.ts';

/** kuberc is not read: a default in it could lead to another cluster than the one that was looked at, or stand for --all. Messages are in English. */
const PLAIN_KUBECTL = { KUBECTL_KUBERC: 'false', LC_ALL: 'C' };

/**
 * Decides where a line leads.
 * @param registry who is asked for its environment; undefined: nobody
 */
export async function pinLine(
  ctx: Context,
  line: KubectlLine,
  registry?: () => ReturnType<Context['registry']>,
): Promise<PinnedTarget> {
  const view = await ctx.kubeconfigAt(valueOfFlag(line, '--kubeconfig')).load();
  return pinTarget(
    {
      stateDir: ctx.paths.state,
      now: ctx.io.now(),
      view,
      context: meantContext(view, valueOfFlag(line, '--context')),
      registry,
      debug: text => ctx.messages.debug(text),
    },
    line,
  );
}

/** @param yes every question is answered with yes */
export function createGuardWorld(ctx: Context, yes: boolean): GuardWorld {
  return {
    io: ctx.io,
    yes,
    say: line => ctx.messages.say(line),
    target: line => pinLine(ctx, line, () => ctx.registry()),
    run: args => runKubectlWithHint(ctx, args, PLAIN_KUBECTL),
    capture: async args => {
      const result = await captureKubectl(ctx, args, PLAIN_KUBECTL);
      // What a signal has cut short is no look.
      if (result.signal !== null || ctx.io.signal.aborted) throw new InterruptedError('interrupted; nothing was done');
      return result;
    },
    failed: async ({ name }, result) => {
      for (const line of result.stderr.trimEnd().split('\n')) ctx.messages.say(line);
      const code = exitCodeOf(result);
      const { hintAfter } = await import('../kubectl/forbidden-hint.ts');
      await hintAfter(ctx, name, code, result.stderr);
      return code;
    },
  };
}
