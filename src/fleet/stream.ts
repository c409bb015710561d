/** Prints lines as they come, each behind the alias of its cluster; or, for programs, a result a line as it ends. */
import { escapeForTerminal, escapeLogText } from '../lib/terminal-text.ts';
import type { OutputFormat } from '../output/view.ts';
import type { Io } from '../platform/io.ts';
import type { Cluster } from '../registry/cluster.ts';
import { type FleetResult, resultJson } from './results.ts';

export class LineStream {
  readonly #io: Pick<Io, 'stdout' | 'stderr'>;
  readonly #width: number;
  readonly #isJson: boolean;
  /** The unfinished line of each cluster's streams. */
  readonly #begun = new Map<string, string>();

  constructor(io: Pick<Io, 'stdout' | 'stderr'>, clusters: readonly Cluster[], format: OutputFormat | undefined) {
    this.#io = io;
    this.#width = Math.max(...clusters.map(({ alias }) => alias.length));
    this.#isJson = format === 'json';
  }

  readonly write = (cluster: Cluster, stream: 'stdout' | 'stderr', text: string): void => {
    if (this.#isJson) return;
    const key = `${stream} ${cluster.id}`;
    const lines = `${this.#begun.get(key) ?? ''}${text}`.split('\n');
    this.#begun.set(key, lines.pop() ?? '');
    for (const line of lines) this.#print(cluster, stream, line);
  };

  /** Prints an answer that came at once. */
  arrived({ cluster, seconds, stdout, stderr }: FleetResult): void {
    this.write(cluster, 'stdout', stdout);
    // With 0 seconds, no command ran: `ended` prints stderr.
    if (seconds > 0) this.write(cluster, 'stderr', stderr);
  }

  ended(result: FleetResult): void {
    const { cluster, seconds, stderr } = result;
    if (this.#isJson) {
      this.#io.stdout.write(`${JSON.stringify(resultJson(result))}\n`);
      return;
    }
    for (const stream of ['stdout', 'stderr'] as const) {
      const rest = this.#begun.get(`${stream} ${cluster.id}`);
      if (rest) this.#print(cluster, stream, rest);
      this.#begun.delete(`${stream} ${cluster.id}`);
    }
    // Nothing ran there, so its words did not come as output.
    if (seconds === 0) for (const line of stderr.split('\n').filter(Boolean)) this.#print(cluster, 'stderr', line);
  }

  #print({ alias }: Cluster, stream: 'stdout' | 'stderr', line: string): void {
    this.#io[stream].write(
      `${escapeForTerminal(alias).padEnd(this.#width)} │ ${escapeLogText(line.replace(/\r$/, ''))}\n`,
    );
  }
}
