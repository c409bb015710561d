/**
 * Which clusters a command line means: names, globs, groups and filters (docs/many-clusters.md).
 * Rules: a name that is not known is an error, and so is a glob or a group without clusters: nothing is left out in silence. Globs, groups and flags mean
 * ready clusters; a cluster named in full is meant whatever its state.
 */
import { NotFoundError, UsageError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { byAliasThenId, type Cluster } from '../registry/cluster.ts';
import { FIELDS, lookupOf } from '../registry/fields.ts';
import { named } from '../registry/named-cluster.ts';
import { matchesSelector, parseSelector, type Selector } from '../registry/selector.ts';

export interface SelectionWords {
  /** Aliases, ids, globs, `@GROUP`, `@failed`, `-`; a word may have several, separated by commas. */
  readonly names: readonly string[];
  readonly selector?: string | undefined;
  readonly environment?: string | undefined;
  readonly channel?: string | undefined;
  /** Names, globs and groups to leave out. */
  readonly except: readonly string[];
  /** Only so many of them, at random. */
  readonly pick?: number | undefined;
  readonly all: boolean;
}

/** What names can mean besides clusters. */
export interface SelectionSources {
  /** `@NAME` → a selector, or names. */
  readonly groups: ReadonlyMap<string, string | readonly string[]>;
  /** `@failed`: the ids of the clusters that the last run did not finish. */
  failed(): readonly string[];
  /** `-`: names, a line each. */
  stdin(): Promise<string>;
  /** A number from 0 (inclusive) to 1. */
  random(): number;
}

const FAILED = 'failed';
/** How deep groups may name other groups. */
const MAX_DEPTH = 10;

/** Is it one cluster by its full name, with nothing else? Then a command keeps the terminal. */
export function isOneName(words: SelectionWords): boolean {
  const [name, ...others] = words.names;
  return name !== undefined && others.length === 0 && isFullName(name) && !hasFilter(words) && !words.all;
}

/** Does the line select anything at all? */
export function isEmptySelection(words: SelectionWords): boolean {
  return words.names.length === 0 && !hasFilter(words) && !words.all;
}

function hasFilter({ selector, environment, channel, except, pick }: SelectionWords): boolean {
  return [selector, environment, channel, pick].some(flag => flag !== undefined) || except.length > 0;
}

function isFullName(word: string): boolean {
  // A URL may have brackets and more.
  return word !== '-' && (/^[a-z][a-z0-9+.-]*:\/\//i.test(word) || !/[@*?[\],]/.test(word));
}

/**
 * The clusters, by alias and then id. Throws NotFoundError (3) for a name, a glob or a group without clusters, for a key
 * that no cluster has, and for an empty selection; UsageError (2) for two clusters with one alias.
 */
export async function selectClusters(
  all: readonly Cluster[],
  words: SelectionWords,
  sources: SelectionSources,
): Promise<readonly Cluster[]> {
  const ready = all.filter(cluster => cluster.lifecycleStatus === 'ready');
  const names = new Names(all, ready, sources);
  const base = words.names.length > 0 ? await names.find(words.names) : new Set(ready);
  const except = await names.find(words.except);
  const selector = words.selector === undefined ? [] : selectorFor(all, words.selector);
  const found = [...base].filter(
    cluster =>
      !except.has(cluster) &&
      (words.environment === undefined || cluster.environment === words.environment) &&
      (words.channel === undefined || cluster.channel === words.channel) &&
      matchesSelector(selector, lookupOf(cluster)),
  );
  if (found.length === 0)
    throw new NotFoundError('no cluster is selected', {
      code: 'empty_selection',
      hint: 'list all clusters: zkubectl list --all',
    });
  checkAliases(found);
  const picked = words.pick === undefined ? found : pickSome(found, words.pick, sources.random);
  return picked.sort(byAliasThenId);
}

class Names {
  readonly #all: readonly Cluster[];
  readonly #ready: readonly Cluster[];
  readonly #sources: SelectionSources;

  constructor(all: readonly Cluster[], ready: readonly Cluster[], sources: SelectionSources) {
    this.#all = all;
    this.#ready = ready;
    this.#sources = sources;
  }

  async find(words: readonly string[], depth = 0): Promise<Set<Cluster>> {
    const found = new Set<Cluster>();
    for (const word of words.flatMap(text => text.split(',')).map(text => text.trim()))
      if (word !== '') for (const cluster of await this.#one(word, depth)) found.add(cluster);
    return found;
  }

  async #one(word: string, depth: number): Promise<Iterable<Cluster>> {
    if (word === '-') {
      const listed = (await this.#sources.stdin()).split(/\s+/).filter(Boolean);
      if (listed.length === 0) throw new UsageError('stdin has no names', { code: 'no_names' });
      return this.find(listed, depth);
    }
    if (word.startsWith('@')) return this.#group(word.slice(1), depth);
    if (!isFullName(word)) return this.#glob(word);
    const clusters = named(this.#all, word);
    if (clusters.length === 0) throw unknownName(word, this.#all);
    return clusters;
  }

  #glob(glob: string): Cluster[] {
    const pattern = globPattern(glob);
    const found = this.#ready.filter(cluster => pattern.test(cluster.alias));
    if (found.length > 0) return found;
    throw new NotFoundError(`no ready cluster matches ${glob}`, { code: 'no_match', hint: 'zkubectl list' });
  }

  async #group(name: string, depth: number): Promise<Iterable<Cluster>> {
    if (name === FAILED) {
      const ids = new Set(this.#sources.failed());
      const found = this.#all.filter(cluster => ids.has(cluster.id));
      const gone = [...ids].filter(id => !found.some(cluster => cluster.id === id));
      if (gone.length > 0)
        throw new NotFoundError(`the registry has no cluster ${gone.join(', ')} any more`, { code: 'gone' });
      if (found.length > 0) return found;
      throw new NotFoundError('no cluster failed in the last run', { code: 'none_failed' });
    }
    const group = this.#sources.groups.get(name);
    if (group === undefined) throw unknownGroup(name, [...this.#sources.groups.keys(), FAILED]);
    if (depth >= MAX_DEPTH) throw new UsageError(`the group @${name} contains itself`, { code: 'bad_group' });
    if (typeof group !== 'string') return this.find(group, depth + 1);
    const selector = selectorFor(this.#all, group);
    const found = this.#ready.filter(cluster => matchesSelector(selector, lookupOf(cluster)));
    if (found.length > 0) return found;
    throw new NotFoundError(`the group @${name} has no ready cluster`, { code: 'no_match' });
  }
}

/** A key that no cluster has is a mistake: with `!=` it would mean every cluster. Only `!KEY` may ask for it. Throws NotFoundError (3). */
function selectorFor(clusters: readonly Cluster[], text: string): Selector {
  const selector = parseSelector(text);
  for (const { key, operator } of selector) {
    if (operator === '!' || FIELDS.has(key)) continue;
    if (clusters.some(cluster => lookupOf(cluster)(key) !== undefined)) continue;
    const [near] = nearest(
      key.replace(/^config_items\./, ''),
      new Set([...FIELDS.keys(), ...clusters.flatMap(c => Object.keys(c.configItems))]),
      1,
    );
    throw new NotFoundError(`no cluster has the key ${key}`, {
      code: 'no_such_key',
      hint: near === undefined ? 'see the fields: zkubectl list -o yaml' : `did you mean ${near}?`,
    });
  }
  return selector;
}

function unknownName(name: string, clusters: readonly Cluster[]): NotFoundError {
  const near = nearest(name, new Set(clusters.map(cluster => (name.includes(':') ? cluster.id : cluster.alias))));
  return new NotFoundError(`no cluster is called ${name}`, {
    code: 'no_such_cluster',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'list all clusters: zkubectl list --all',
  });
}

function unknownGroup(name: string, groups: readonly string[]): NotFoundError {
  const [near] = nearest(name, groups, 1);
  return new NotFoundError(`no group is called @${name}`, {
    code: 'no_such_group',
    hint: near === undefined ? `zkubectl configure groups.${name}='alias in (…)'` : `did you mean @${near}?`,
  });
}

/** `*` any text, `?` one character, `[abc]` and `[a-c]` one of them, `[!a]` none of them (POSIX, pattern matching). Throws UsageError (2). */
export function globPattern(glob: string): RegExp {
  const source = glob.replace(/\[!?[^\]]*\]|[\s\S]/g, part => {
    if (part === '*') return '.*';
    if (part === '?') return '.';
    if (part.length > 2) return part.replace(/^\[!/, '[^').replaceAll('\\', '\\\\');
    return part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  });
  try {
    return new RegExp(`^${source}$`);
  } catch {
    throw new UsageError(`not a pattern: ${glob}`, { code: 'bad_glob' });
  }
}

/** An alias names a cluster's context and its results, so it must be the only one. */
function checkAliases(clusters: readonly Cluster[]): void {
  const byAlias = new Map<string, Cluster>();
  for (const cluster of clusters) {
    const other = byAlias.get(cluster.alias);
    if (other !== undefined)
      throw new UsageError(`two clusters are called ${cluster.alias}: ${other.id} and ${cluster.id}`, {
        code: 'ambiguous_alias',
        hint: `leave them out: --except ${cluster.alias}; report it to the operators of the registry`,
      });
    byAlias.set(cluster.alias, cluster);
  }
}

/** Some of the clusters, at random. */
export function pickSome(clusters: readonly Cluster[], count: number, random: () => number): Cluster[] {
  const left = [...clusters];
  const picked: Cluster[] = [];
  while (picked.length < count && left.length > 0) picked.push(...left.splice(Math.floor(random() * left.length), 1));
  return picked;
}
