/** The error of a kubectl that was run for a command of ours, and what to do next. */
import type { HintWorld } from '../kubectl/access-hint.ts';
import { hintAfter } from '../kubectl/stderr-hints.ts';
import type { SpawnResult } from '../platform/io.ts';
import { exitCodeOf } from '../platform/process/signals.ts';

/** kubectl repeats its last error in a log line for each try of the discovery (klog's format). */
const LOG_LINE = /^[EW]\d{4} \d\d:\d\d:\d\d\.\d+ .*memcache\.go:\d+\]/;

type FailedWorld = HintWorld & { readonly messages: { say(line: string): void } };

/** Resolves to kubectl's exit code. */
export async function sayFailed(ctx: FailedWorld, clusterName: string, result: SpawnResult): Promise<number> {
  const lines = result.stderr.trimEnd().split('\n');
  const own = lines.filter(line => !LOG_LINE.test(line));
  for (const line of own.length > 0 ? own : lines) ctx.messages.say(line);
  await hintAfter(ctx, async () => clusterName, result.stderr);
  return exitCodeOf(result);
}
