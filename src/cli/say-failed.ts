/** The error of a kubectl that was run for a command of ours, and what to do next. */
import type { HintWorld } from '../kubectl/access-hint.ts';
import { hintAfter } from '../kubectl/stderr-hints.ts';
import type { SpawnResult } from '../platform/io.ts';
import { exitCodeOf } from '../platform/process/signals.ts';

/** kubectl repeats its last error in a log line for each try of the discovery (klog's format). */
const LOG_LINE = /^[EW]\d{4} \d\d:\d\d:\d\d\.\d+ .*memcache\.go:\d+\]/;

type FailedWorld = HintWorld & { readonly messages: { say(line: string): void } };

/** kubectl's stderr without repeated errors; the whole of it when it has nothing else. */
export function withoutLogLines(stderr: string): string {
  const own = stderr.split('\n').filter(line => !LOG_LINE.test(line));
  return own.some(line => line !== '') ? own.join('\n') : stderr;
}

/** Resolves to kubectl's exit code. */
export async function sayFailed(ctx: FailedWorld, clusterName: string, result: SpawnResult): Promise<number> {
  for (const line of withoutLogLines(result.stderr).trimEnd().split('\n')) ctx.messages.say(line);
  await hintAfter(ctx, async () => clusterName, result.stderr);
  return exitCodeOf(result);
}
