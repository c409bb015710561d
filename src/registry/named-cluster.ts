/** The cluster that a name means: an alias or an id. */
import { parseClusterName } from '../argv/cluster-name.ts';
import { CliError, NotFoundError } from '../errors.ts';
import { nearest } from '../lib/nearest.ts';
import { type Cluster, meant } from './cluster.ts';

/** Throws NotFoundError (3) with the nearest names, or CliError (1) if several ready clusters have the name. */
export function pick(clusters: readonly Cluster[], nameOrId: string): Cluster {
  const matches = named(clusters, nameOrId);
  if (matches.length > 0) return theOne(matches, nameOrId);
  const { kind } = parseClusterName(nameOrId);
  const near = nearest(nameOrId, new Set(clusters.map(c => (kind === 'id' ? c.id : c.alias))));
  throw new NotFoundError(`no cluster is called ${nameOrId}`, {
    code: 'no_such_cluster',
    hint: near.length > 0 ? `did you mean ${near.join(', ')}?` : 'list all clusters: zkubectl list --all',
  });
}

/** The clusters with this alias; if there are none, those with this id. */
export function named(clusters: readonly Cluster[], nameOrId: string): readonly Cluster[] {
  const byAlias = clusters.filter(({ alias }) => alias === nameOrId);
  return meant(byAlias.length > 0 ? byAlias : clusters.filter(({ id }) => id === nameOrId));
}

/** The only cluster with a name. Throws CliError (1) if several ready clusters have it: each could be forged. */
export function theOne([cluster, ...others]: readonly Cluster[], name: string): Cluster {
  if (cluster !== undefined && others.length === 0) return cluster;
  const ids = [cluster, ...others].map(c => c?.id).join(' and ');
  throw new CliError(`the registry has several ready clusters called ${name}: ${ids}`, {
    code: 'ambiguous_alias',
    hint: 'report it to the operators of the registry; none of these clusters is used until then',
  });
}
