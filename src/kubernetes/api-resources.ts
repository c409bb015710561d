/** The resources of an API server, and how kubectl finds them by the words of a command line (client-go: restmapper, shortcut expander). */

export interface ApiResource {
  /** Empty: the core group. */
  readonly group: string;
  readonly version: string;
  readonly plural: string;
  readonly singular: string;
  readonly kind: string;
  readonly isNamespaced: boolean;
  readonly shortNames: readonly string[];
  /** Such as `all`. */
  readonly categories: readonly string[];
}

/** `/api/v1/pods`, `/apis/apps/v1/namespaces/shop/deployments` */
export function collectionPath({ group, version, plural }: ApiResource, namespace: string | undefined): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`;
  return `${root}${namespace === undefined ? '' : `/namespaces/${encodeURIComponent(namespace)}`}/${plural}`;
}

/** `pod`, `deployment.apps`: kubectl's prefix of a name. */
export function kindPrefix({ group, kind }: Pick<ApiResource, 'group' | 'kind'>): string {
  return `${kind}${group === '' ? '' : `.${group}`}`.toLowerCase();
}

/**
 * @param resources in the server's order of preference
 * @param word `pods`, `po`, `Pod`, `deployments.apps`, `deployments.v1.apps`
 */
export function findResource(resources: readonly ApiResource[], word: string): ApiResource | undefined {
  const [name = '', first, ...rest] = word.toLowerCase().split('.');
  // Short names are taken as they are written.
  const [short = ''] = word.split('.');
  const isNamed = (r: ApiResource) => r.plural === name || r.singular === name || r.kind.toLowerCase() === name;
  const isShort = (r: ApiResource) => r.shortNames.includes(short);
  if (first === undefined) return resources.find(isNamed) ?? resources.find(isShort);
  const group = [first, ...rest].join('.');
  const ofVersion = (r: ApiResource) => rest.length > 0 && r.version === first && r.group === rest.join('.');
  for (const isMeant of [isNamed, isShort])
    for (const isIn of [
      ofVersion,
      (r: ApiResource) => r.group === group,
      // kubectl also takes the beginning of a group.
      (r: ApiResource) => r.group.startsWith(group),
    ]) {
      const found = resources.find(r => isIn(r) && isMeant(r));
      if (found) return found;
    }
  return undefined;
}

/** The resources of a category, a version each. */
export function inCategory(resources: readonly ApiResource[], word: string): ApiResource[] {
  const seen = new Set<string>();
  return resources.filter(({ group, plural, categories }) => {
    const isNew = categories.includes(word) && !seen.has(`${plural}.${group}`);
    if (isNew) seen.add(`${plural}.${group}`);
    return isNew;
  });
}
