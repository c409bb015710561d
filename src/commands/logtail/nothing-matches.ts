/** The message when no log matches: it says which pods and containers were found. */
import type { Context } from '../../cli/context.ts';
import { NotFoundError } from '../../errors.ts';
import type { Unmatched } from '../../kubernetes/container-log.ts';
import type { LogtailOptions } from './logtail-options.ts';

/** Says what matched and what did not. Without `--follow`, there is nothing to wait for: throws NotFoundError (3). */
export function nothingMatches(
  ctx: Context,
  { query, logs, where }: LogtailOptions,
  found: readonly Unmatched[],
): void {
  const pods = found.flatMap(({ pods }) => pods);
  const containers = [...new Set(found.flatMap(({ containers }) => containers))].sort();
  const wanted = query === undefined ? 'the selector' : query;
  const words =
    pods.length === 0
      ? `no pod matches ${wanted}${where}`
      : containers.length === 0
        ? `${pods.length === 1 ? `1 pod matches` : `${pods.length} pods match`} ${wanted}${where}, but no container has started`
        : `${pods.length === 1 ? `1 pod matches` : `${pods.length} pods match`} ${wanted}${where}, but no container matches; found: ${containers.join(', ')}`;
  if (!logs.follow) throw new NotFoundError(words, { code: 'no_logs' });
  ctx.messages.say(`${words}; waiting`);
}
