/** A deleted object, created again: what is left out, and what cannot come back. */
import { recordAt } from '../lib/json.ts';
import { GENERATED_METADATA } from './undo-plan.ts';

type Object = Readonly<Record<string, unknown>>;

/** A deleted object, to be created again: without identity, owners and status. */
export function recreated(before: Object): Record<string, unknown> {
  const { status: _, ...rest } = before;
  const metadata = Object.entries(recordAt(before, 'metadata')).filter(
    ([name]) => !GENERATED_METADATA.has(name) || name === 'name' || name === 'namespace',
  );
  const again = { ...rest, metadata: Object.fromEntries(metadata) };
  const kind = String(before['kind']);
  return kind === 'Job' ? jobAgain(again) : kind === 'PersistentVolumeClaim' ? claimAgain(again) : again;
}

/** The server makes the selector of a Job, and its label, unless `manualSelector` is set. */
function jobAgain(job: Record<string, unknown>): Record<string, unknown> {
  const { selector, template, ...spec } = recordAt(job, 'spec');
  if (spec['manualSelector'] === true) return job;
  const labelsOf = (object: unknown) =>
    Object.fromEntries(
      Object.entries(recordAt(recordAt(object, 'metadata'), 'labels')).filter(([name]) => !JOB_LABELS.test(name)),
    );
  const again = { ...recordAt({ template }, 'template') };
  again['metadata'] = { ...recordAt(again, 'metadata'), labels: labelsOf(again) };
  return {
    ...job,
    metadata: { ...recordAt(job, 'metadata'), labels: labelsOf(job) },
    spec: { ...spec, template: again },
  };
}

const JOB_LABELS = /^(batch\.kubernetes\.io\/)?(controller-uid|job-name)$/;
const BOUND = /^(pv\.kubernetes\.io\/(bind-completed|bound-by-controller)|volume\.kubernetes\.io\/selected-node)$/;

/** The volume belongs to the deleted claim: a claim for it would stay lost. */
function claimAgain(claim: Record<string, unknown>): Record<string, unknown> {
  const { volumeName: _, ...spec } = recordAt(claim, 'spec');
  const metadata = recordAt(claim, 'metadata');
  const annotations = Object.entries(recordAt(metadata, 'annotations')).filter(([name]) => !BOUND.test(name));
  return { ...claim, spec, metadata: { ...metadata, annotations: Object.fromEntries(annotations) } };
}

/** What a new object lacks, compared with the deleted one. Undefined: nothing. */
export function whatIsLost(before: Object): string | undefined {
  const kind = String(before['kind']);
  if (kind === 'PersistentVolumeClaim') return 'its volume with the data: it gets another one';
  if (/^(StatefulSet|Deployment|ReplicaSet|DaemonSet|Job)$/.test(kind)) return 'its pods (new ones start)';
  return undefined;
}
