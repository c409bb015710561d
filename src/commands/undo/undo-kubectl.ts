/** kubectl on the cluster of an undo: reads, patches, makes and deletes one object. */
import path from 'node:path';
import type { Context } from '../../cli/context.ts';
import { sayFailed } from '../../cli/say-failed.ts';
import { CliError } from '../../errors.ts';
import type { JsonPatchOperation } from '../../incident/undo-plan.ts';
import { type KeptObject, LAST_APPLIED } from '../../journal/kept.ts';
import { fullName } from '../../kubectl/choice.ts';
import { documentsIn } from '../../kubectl/objects.ts';
import type { PinnedTarget } from '../../kubectl/pinned-target.ts';
import { captureKubectl, PLAIN_KUBECTL, runKubectl } from '../../kubectl/run.ts';
import { recordAt } from '../../lib/json.ts';
import { writeStateFile } from '../../platform/files/files.ts';

type Named = Pick<KeptObject, 'apiVersion' | 'kind' | 'name' | 'namespace'>;

export class UndoKubectl {
  readonly #ctx: Context;
  readonly #target: PinnedTarget;
  #files = 0;

  constructor(ctx: Context, target: PinnedTarget) {
    this.#ctx = ctx;
    this.#target = target;
  }

  /** The object as it is, with managedFields. Undefined: it is not there. Throws CliError when it cannot be read. */
  async read(object: Named): Promise<Record<string, unknown> | undefined> {
    const args = ['get', nameOf(object), '--ignore-not-found', '--show-managed-fields', '--output=json'];
    const result = await captureKubectl(this.#ctx, [...args, ...this.#flags(object)], PLAIN_KUBECTL);
    if (result.code === 0) return documentsIn(result.stdout)[0];
    await sayFailed(this.#ctx, this.#target.name, result);
    throw new CliError(`cannot read ${object.kind}/${object.name}: nothing was undone`, { code: 'unreadable' });
  }

  patch(object: Named, operations: readonly JsonPatchOperation[]): Promise<number> {
    return this.#run(object, 'patch', nameOf(object), '--type=json', `--patch=${JSON.stringify(operations)}`);
  }

  /**
   * kubectl create puts the whole object into the annotation of kubectl apply, if there is one: the next apply would then remove what only the
   * server or a controller has set, such as replicas. So the annotation comes afterwards.
   */
  async create(object: Named, body: Readonly<Record<string, unknown>>): Promise<number> {
    const { [LAST_APPLIED]: lastApplied, ...annotations } = recordAt(recordAt(body, 'metadata'), 'annotations');
    const file = path.join(this.#target.folder, 'undo', `${++this.#files}.json`);
    writeStateFile(file, JSON.stringify({ ...body, metadata: { ...recordAt(body, 'metadata'), annotations } }));
    const code = await this.#run(object, 'create', `--filename=${file}`);
    if (code !== 0 || lastApplied === undefined) return code;
    const patch = JSON.stringify({ metadata: { annotations: { [LAST_APPLIED]: lastApplied } } });
    const args = ['patch', nameOf(object), '--type=merge', `--patch=${patch}`];
    const result = await captureKubectl(this.#ctx, [...args, ...this.#flags(object)], PLAIN_KUBECTL);
    if (result.code === 0) return 0;
    this.#ctx.messages.warn(`${object.kind}/${object.name} is there again, but not its annotation ${LAST_APPLIED}`);
    return sayFailed(this.#ctx, this.#target.name, result);
  }

  delete(object: Named): Promise<number> {
    return this.#run(object, 'delete', nameOf(object));
  }

  #run(object: Named, ...args: readonly string[]): Promise<number> {
    return runKubectl(this.#ctx, [...args, ...this.#flags(object)], PLAIN_KUBECTL);
  }

  #flags({ namespace }: Named): string[] {
    const flags = [`--kubeconfig=${this.#target.kubeconfig}`];
    return namespace === undefined ? flags : [...flags, `--namespace=${namespace}`];
  }
}

function nameOf({ apiVersion, kind, name }: Named): string {
  return fullName({ apiVersion, kind, metadata: { name } });
}
