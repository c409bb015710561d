/** Serves the log of a container: past lines and, with `follow`, new lines. */
import type { ApiWorld, Call } from './call.ts';
import { existing } from './call.ts';
import { LOG_PERIOD_MS, type LogLine, LogWriter } from './logs.ts';
import { containerIn } from './pods.ts';
import type { Fields } from './resource-types.ts';
import { StatusError } from './status.ts';
import type { Target } from './target.ts';

export function sendLog(world: ApiWorld, call: Call, target: Target): void {
  const pod = existing(world, target);
  const { query, response } = call;
  const container = containerIn(pod, query.get('container'));
  if (container === undefined)
    throw new StatusError(
      400,
      'BadRequest',
      `container ${query.get('container')} is not valid for pod ${pod.metadata.name}`,
    );
  const statuses = ['containerStatuses', 'ephemeralContainerStatuses'].flatMap(
    field => (pod.status?.[field] ?? []) as Fields[],
  );
  const running = statuses.find(s => s['name'] === container)?.['state'];
  const startedAt = running?.running?.startedAt ?? running?.terminated?.startedAt;
  if (startedAt === undefined)
    throw new StatusError(
      400,
      'BadRequest',
      `container "${container}" in pod "${pod.metadata.name}" is waiting to start: ContainerCreating`,
    );
  if (query.get('previous') === 'true')
    throw new StatusError(
      400,
      'BadRequest',
      `previous terminated container "${container}" in pod "${pod.metadata.name}" not found`,
    );
  const now = world.now();
  const seconds = query.get('sinceSeconds');
  const since =
    query.get('sinceTime') ??
    (seconds === null ? undefined : new Date(now.getTime() - Number(seconds) * 1000).toISOString());
  const writer = new LogWriter(pod, container, new Date(startedAt), now);
  let lines = writer.linesUntil(now);
  if (since !== undefined) lines = lines.filter(line => line.time.getTime() >= new Date(since).getTime());
  const tail = query.get('tailLines');
  if (tail !== null) lines = Number(tail) === 0 ? [] : lines.slice(-Number(tail));
  const withTime = query.get('timestamps') === 'true';
  const format = (line: LogLine) => `${withTime ? `${line.time.toISOString()} ` : ''}${line.text}\n`;
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.write(lines.map(format).join(''));
  if (query.get('follow') !== 'true' || running?.terminated) {
    response.end();
    return;
  }
  response.flushHeaders();
  const timer = setInterval(
    () => response.write(writer.linesUntil(world.now()).map(format).join('')),
    LOG_PERIOD_MS,
  ).unref();
  const stopWatch = world.store.watch(world.store.resourceVersion, event => {
    if (event.type === 'DELETED' && event.object.metadata.uid === pod.metadata.uid) response.end();
  });
  world.keepOpen(
    call.response,
    () => {
      clearInterval(timer);
      stopWatch?.();
    },
    0,
  );
}
