/** `on SELECTION` without a command: lists what is selected. */

import { formatOf } from '../../cli/checks.ts';
import type { Context } from '../../cli/context.ts';
import { NotFoundError, UsageError } from '../../errors.ts';
import { selectIn } from '../../fleet/select-in.ts';
import type { SelectionWords } from '../../fleet/selection.ts';
import { shellWord } from '../../lib/shell-words.ts';
import { printList } from '../../output/view.ts';
import { clusterView } from '../list/cluster-view.ts';

interface ListingOptions {
  readonly selection: SelectionWords;
  readonly hasDashes: boolean;
}

export async function listSelection(ctx: Context, { selection, hasDashes }: ListingOptions): Promise<number> {
  const { names } = selection;
  try {
    const clusters = await selectIn(ctx, selection);
    await printList(ctx.io, clusterView, clusters, { format: formatOf(ctx), color: ctx.globals.color });
    return 0;
  } catch (error) {
    // `on foobarlab kubectl get pods`: some words are a command.
    if (hasDashes || names.length < 2 || !(error instanceof NotFoundError) || error.code !== 'no_such_cluster')
      throw error;
    const [first = '', ...rest] = names;
    throw new UsageError('the command must come after --', {
      code: 'no_dashes',
      hint: `zkubectl on ${shellWord(first)} -- ${rest.map(shellWord).join(' ')}`,
      cause: error,
    });
  }
}
