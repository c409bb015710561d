/** `on SELECTION -- COMMAND…`: one command on one cluster or on many (docs/terminals.md, docs/many-clusters.md). */
import type { Context } from '../../cli/context.ts';
import type { CommandDefinition } from '../../cli/definition.ts';
import { UsageError } from '../../errors.ts';
import { isEmptySelection, isOneName, type SelectionWords } from '../../fleet/selection.ts';
import { declareSelection, SELECTION_ARGUMENT, selectionWords } from '../../fleet/selection-flags.ts';
import { OUTPUT_FORMATS } from '../../output/view.ts';
import { type FleetFlags, fleetFlags, givenFleetFlag } from './fleet-flags.ts';

export interface OnOptions {
  readonly selection: SelectionWords;
  /** The command and its arguments. Empty: the selection is listed. */
  readonly command: readonly string[];
  readonly hasDashes: boolean;
  readonly readOnly: boolean;
  readonly fleet: FleetFlags;
}

export const onCommand: CommandDefinition<OnOptions> = {
  texts: {
    summary: 'run a command on one cluster, or on many',
    description:
      'Runs a command on the selected clusters. The current context does not change. For one cluster, the command has the terminal and its exit code is the result. On many clusters, several run at a time, each with its own kubeconfig; equal answers are shown once, and before a possible write you type the number of clusters. Without a command, the selection is listed. The command gets ZKUBECTL_CLUSTER_ID, ZKUBECTL_CLUSTER_ALIAS and ZKUBECTL_ENVIRONMENT in its environment.',
    examples: [
      'zkubectl on foobarlab -- kubectl get pods -A',
      'zkubectl on foobarlab -n shop -- helm list',
      'zkubectl on foobarlab --read-only -- k9s',
      "zkubectl on foobarlab -- sh -c 'kubectl get nodes -o name | wc -l'",
      'zkubectl on --all -- kubectl version',
      'zkubectl on --environment test -n shop -- kubectl rollout restart deployment/checkout',
      'zkubectl on @shop --waves -n shop -- kubectl set image deployment/cart cart=cart:2',
      'zkubectl on --resume',
    ],
  },
  formats: OUTPUT_FORMATS,
  declare: command => {
    command.argument('[SELECTION...]', `${SELECTION_ARGUMENT}; the command follows --`);
    command.usage('[SELECTION...] [FLAGS] [-- COMMAND...]');
    declareSelection(command);
    command
      .option('--read-only', 'refuse every write to the Kubernetes API (one cluster)')
      .option('--parallel <NUMBER>', 'how many clusters run at a time')
      .option('--timeout <SPAN>', 'the time limit on each cluster; default: none, but 30s for a get without kubectl')
      .option('--diff', 'show the other answers as differences to the most frequent one')
      .option('--no-fold', 'show each answer, also equal ones')
      .option('--stream', 'print lines as they come')
      .option('--every <SPAN>', 'repeat a read, and print only what has changed; press Ctrl-C to stop')
      .option('--dry-run', 'show what would be done, wave by wave')
      .option('--expect <NUMBER>', 'refuse any other number of clusters')
      .option('--waves [SIZES]', 'one wave after the other: by channel, or by size, such as 1,10%,rest')
      .option('--soak <SPAN>', 'how long to wait after a wave')
      .option('--check <COMMAND>', 'after a wave, a command that must succeed on each of its clusters')
      .option('--max-failures <NUMBER|PERCENT>', 'allow this many failures, then stop; default for a write: 0')
      .option('--resume [RUN]', 'go on with a run: what failed or was not begun')
      .option('--also-unknown', 'with --resume: also clusters where the command may be done');
  },
  options: (args, flags, argv) => {
    const dashes = argv.indexOf('--');
    const command = dashes === -1 ? [] : argv.slice(dashes + 1);
    const names = args.slice(0, args.length - command.length);
    return {
      selection: selectionWords(names, flags),
      command,
      hasDashes: dashes !== -1,
      readOnly: flags['readOnly'] === true,
      fleet: fleetFlags(flags),
    };
  },
  run: runOn,
};

export async function runOn(ctx: Context, options: OnOptions): Promise<number> {
  const { selection, command, readOnly, fleet } = options;
  if (fleet.resume !== undefined) {
    if (!isEmptySelection(selection) || command.length > 0)
      throw new UsageError('--resume takes neither a selection nor a command: it goes on with those of the run', {
        code: 'bad_usage',
      });
    return (await import('./resume.ts')).runResume(ctx, fleet);
  }
  if (isEmptySelection(selection))
    throw new UsageError('no cluster given', { code: 'no_cluster', hint: 'zkubectl on CLUSTER -- COMMAND, or --all' });
  if (command.length === 0) return (await import('./listing.ts')).listSelection(ctx, options);
  const ofMany = givenFleetFlag(fleet) ?? (ctx.globals.output === undefined ? undefined : '-o');
  const [cluster] = selection.names;
  if (isOneName(selection) && cluster !== undefined && ofMany === undefined)
    return (await import('./one-cluster.ts')).runOnOne(ctx, { cluster, command, readOnly });
  if (readOnly)
    throw new UsageError(
      ofMany === undefined
        ? '--read-only works only with one cluster, named in full'
        : `--read-only and ${ofMany} cannot be used together`,
      { code: 'bad_usage' },
    );
  return (await import('./fleet.ts')).runOnFleet(ctx, selection, command, fleet);
}
