/**
 * Where the traffic weights are stored: in the StackSet (zalando.org/v1), or, in the older form, in annotations of the Ingress of the same name.
 * Rule: a StackSet with its own traffic weights wins.
 */

import type { TargetKubectl } from '../../cli/target-kubectl.ts';
import { UsageError } from '../../errors.ts';
import { isRecord, recordAt, recordsAt } from '../../lib/json.ts';
import { inPercent, naturalOrder, type Weights, weightsOf } from './traffic-weights.ts';

export interface Traffic {
  readonly stacks: readonly string[];
  /** In percent. */
  readonly desired: Weights;
  readonly actual: Weights;
  /** The resourceVersion of the object that contains the weights. */
  readonly version: string | undefined;
}

export interface TrafficSource {
  load(): Promise<Traffic>;
  /**
   * Writes the desired weights. Throws UsageError (2) when `force` is required, or not supported.
   * @param version the resourceVersion from which the weights were calculated
   * @returns false: the object has changed since then, and nothing was written
   */
  write(desired: Weights, force: boolean, version: string | undefined): Promise<boolean>;
}

/** kubectl failed; its error has been shown. */
export class KubectlFailed extends Error {
  readonly code: number;
  constructor(code: number) {
    super(`kubectl failed with ${code}`);
    this.code = code;
  }
}

const DESIRED = 'zalando.org/stack-traffic-weights';
const ACTUAL = 'zalando.org/backend-weights';

/** Throws KubectlFailed when there is no such StackSet, nor an Ingress with weights. */
export async function trafficSource(kubectl: TargetKubectl, set: string): Promise<TrafficSource> {
  const stackSet = await getIfThere(kubectl, `stacksets.zalando.org/${set}`);
  const own = recordAt(stackSet, 'spec')['traffic'];
  if (Array.isArray(own) && own.length > 0) return new StackSetTraffic(kubectl, set);
  const annotations = annotationsOf(await getIfThere(kubectl, `ingresses.networking.k8s.io/${set}`));
  if (DESIRED in annotations || ACTUAL in annotations) return new IngressTraffic(kubectl, set);
  // If neither exists, load() fails with kubectl's error.
  return new StackSetTraffic(kubectl, set);
}

class StackSetTraffic implements TrafficSource {
  readonly #kubectl: TargetKubectl;
  readonly #set: string;

  constructor(kubectl: TargetKubectl, set: string) {
    this.#kubectl = kubectl;
    this.#set = set;
  }

  async load(): Promise<Traffic> {
    const object = await getJson(this.#kubectl, 'get', `stacksets.zalando.org/${this.#set}`, '-o', 'json');
    const list = await getJson(this.#kubectl, ...stacksOf(this.#set));
    const [desired, actual] = [recordAt(object, 'spec'), recordAt(object, 'status')].map(o => weightsOf(o['traffic']));
    return trafficOf(object, namesOf(list), desired, actual);
  }

  async write(desired: Weights, force: boolean, version: string | undefined): Promise<boolean> {
    if (force) {
      throw new UsageError('--force works only with the weights of an Ingress', {
        code: 'nothing_to_force',
        hint: `remove --force: the controller of ${this.#set} moves the traffic`,
      });
    }
    const traffic = [...desired].map(([stackName, weight]) => ({ stackName, weight }));
    return patch(this.#kubectl, `stacksets.zalando.org/${this.#set}`, version, { spec: { traffic } });
  }
}

class IngressTraffic implements TrafficSource {
  readonly #kubectl: TargetKubectl;
  readonly #set: string;
  #hasController = true;

  constructor(kubectl: TargetKubectl, set: string) {
    this.#kubectl = kubectl;
    this.#set = set;
  }

  async load(): Promise<Traffic> {
    const ingress = await getJson(this.#kubectl, 'get', `ingresses.networking.k8s.io/${this.#set}`, '-o', 'json');
    const annotations = annotationsOf(ingress);
    this.#hasController = DESIRED in annotations;
    // The cluster may not know the kind Stack.
    const stacks = await this.#kubectl.output(...stacksOf(this.#set));
    const names = stacks.code === 0 ? namesOf(JSON.parse(stacks.stdout)) : [];
    const actual = annotationWeights(annotations[ACTUAL]);
    return trafficOf(ingress, names, this.#hasController ? annotationWeights(annotations[DESIRED]) : actual, actual);
  }

  async write(desired: Weights, force: boolean, version: string | undefined): Promise<boolean> {
    if (!this.#hasController && !force) {
      throw new UsageError(`no controller moves the traffic of the Ingress ${this.#set}`, {
        code: 'needs_force',
        hint: 'to write the effective weights directly, add --force',
      });
    }
    const weights = JSON.stringify(Object.fromEntries(desired));
    const annotations = {
      ...(this.#hasController ? { [DESIRED]: weights } : {}),
      ...(force ? { [ACTUAL]: weights } : {}),
    };
    return patch(this.#kubectl, `ingresses.networking.k8s.io/${this.#set}`, version, { metadata: { annotations } });
  }
}

function trafficOf(
  object: unknown,
  names: readonly string[],
  desired: Weights = new Map(),
  actual: Weights = new Map(),
): Traffic {
  const version = recordAt(object, 'metadata')['resourceVersion'];
  const stacks = [...new Set([...names, ...desired.keys(), ...actual.keys()])].filter(Boolean).sort(naturalOrder);
  return {
    stacks,
    desired: inPercent(desired),
    actual: inPercent(actual),
    version: typeof version === 'string' ? version : undefined,
  };
}

/** The weights of an annotation, which is a JSON object. */
function annotationWeights(text: unknown): Weights {
  let value: unknown;
  try {
    value = JSON.parse(String(text ?? '{}'));
  } catch {
    value = {};
  }
  return weightsOf(isRecord(value) ? Object.entries(value).map(([stackName, weight]) => ({ stackName, weight })) : []);
}

function stacksOf(set: string): string[] {
  return ['get', 'stacks.zalando.org', '-l', `stackset=${set}`, '-o', 'json'];
}

function namesOf(list: unknown): string[] {
  return recordsAt(list, 'items').map(item => String(recordAt(item, 'metadata')['name']));
}

function annotationsOf(object: unknown): Record<string, unknown> {
  return recordAt(recordAt(object, 'metadata'), 'annotations');
}

/** Undefined: the object or its kind does not exist. Throws on any other failure, because a guess could write to the wrong object. */
async function getIfThere(kubectl: TargetKubectl, object: string): Promise<unknown> {
  const result = await kubectl.output('get', object, '--ignore-not-found', '-o', 'json');
  if (result.code === 0) return result.stdout.trim() === '' ? undefined : JSON.parse(result.stdout);
  if (/doesn't have a resource type/.test(result.stderr)) return undefined;
  throw new KubectlFailed(await kubectl.failed(result));
}

export async function getJson(kubectl: TargetKubectl, ...args: readonly string[]): Promise<Record<string, unknown>> {
  const result = await kubectl.output(...args);
  if (result.code !== 0) throw new KubectlFailed(await kubectl.failed(result));
  const value: unknown = JSON.parse(result.stdout);
  return isRecord(value) ? value : {};
}

/** Applies a merge patch (RFC 7396) if the object still has this resourceVersion. False: the object has changed. */
async function patch(
  kubectl: TargetKubectl,
  object: string,
  version: string | undefined,
  change: { readonly metadata?: object; readonly spec?: object },
): Promise<boolean> {
  const metadata = { ...change.metadata, ...(version === undefined ? {} : { resourceVersion: version }) };
  const text = JSON.stringify({ ...change, metadata });
  const patched = await kubectl.output('patch', object, '--type=merge', '-p', text);
  if (patched.code === 0) return true;
  if (/^Error from server \(Conflict\)/m.test(patched.stderr)) return false;
  throw new KubectlFailed(await kubectl.failed(patched));
}
