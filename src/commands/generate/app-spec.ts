/** The application that `generate` and `init` describe: its names, version and labels. */
import { UsageError } from '../../errors.ts';
import type { JsonObject } from '../../lib/json.ts';

export interface AppSpec {
  readonly application: string;
  readonly component: string;
  /** Empty: an ingress alone needs none. */
  readonly image: string;
  readonly hosts: readonly string[];
  /** Becomes a label. */
  readonly team: string | undefined;
  /** OAuth scopes: of the application's own tokens, or those that an ingress requires. */
  readonly scopes: readonly string[];
  /** The ingress is for people: the browser logs in. */
  readonly isForPeople: boolean;
  readonly backendPort: number;
  readonly healthPath: string;
  readonly cpu: string;
  readonly memory: string;
  readonly replicas: number;
  readonly autoscaling: { readonly min: number; readonly max: number } | undefined;
  /** Keys and values of a ConfigMap. Undefined: there is none. */
  readonly config: Readonly<Record<string, string>> | undefined;
  /** The names of existing Secrets. */
  readonly secrets: readonly string[];
  readonly namespace: string | undefined;
}

export function nameOf({ application, component }: Pick<AppSpec, 'application' | 'component'>): string {
  return component === application ? application : `${application}-${component}`;
}

/**
 * The version from an image's tag, else the first digits of its digest; valid as a label value and in a Stack's name. Throws UsageError (2) when
 * there is neither.
 */
export function versionOf(image: string): string {
  const digest = /@sha256:([0-9a-f]{12})[0-9a-f]*$/.exec(image)?.[1];
  const tag = /:([\w][\w.-]{0,127})(?:@.*)?$/.exec(image)?.[1] ?? digest;
  if (tag === undefined)
    throw new UsageError(`the image ${image} has no tag`, { code: 'no_tag', hint: 'give the version: IMAGE:TAG' });
  const version = trimmed(tag.toLowerCase().replace(/[^a-z0-9.-]/g, '-'), 40);
  if (version !== '') return version;
  throw new UsageError(`the tag of ${image} cannot be used as a version`, {
    code: 'no_tag',
    hint: 'use letters and digits, such as 1.4.2',
  });
}

/** The same for a Stack's name, which also names a Service (RFC 1035): no dots, at most 63 characters together with the StackSet's name. */
export function stackVersionOf(app: AppSpec): string {
  return trimmed(versionOf(app.image).replace(/[.-]+/g, '-'), 63 - nameOf(app).length - 1);
}

function trimmed(text: string, length: number): string {
  return text.slice(0, length).replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
}

export function selectorLabels({ application, component }: AppSpec): JsonObject {
  return { application, component };
}

export function labels(app: AppSpec): JsonObject {
  return {
    ...selectorLabels(app),
    ...(app.team === undefined ? {} : { team: app.team }),
    ...(app.image === '' ? {} : { version: versionOf(app.image) }),
  };
}
