/** The initial clusters and accounts of a sandbox, in pairs of production and test. */
import { createHash } from 'node:crypto';
import type { AccountRecord, ClusterRecord, RegistryState } from './registry-records.ts';

export interface SeededCluster {
  readonly alias: string;
  readonly port: number;
}

const FIXED = ['foobarlab', 'abckub'];
const TEAMS =
  'checkout cart catalog search payment fraud pricing stock returns orders mail loyalty media ads identity partner fashion beauty logistics warehouse'.split(
    ' ',
  );

/** The aliases of `count` clusters: foobarlab, abckub, then team names. Each production cluster is followed by its test cluster. */
export function aliasesOf(count: number): string[] {
  const aliases: string[] = [];
  for (let i = 0; aliases.length < count; i++) {
    const round = Math.floor((i - FIXED.length) / TEAMS.length);
    const team = FIXED[i] ?? `${TEAMS[(i - FIXED.length) % TEAMS.length]}${round === 0 ? '' : round + 1}`;
    aliases.push(team, `${team}-test`);
  }
  return aliases.slice(0, count);
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** The hash of a cluster's own configuration: 20 bytes in base64url. */
function configurationHash(alias: string): string {
  return createHash('sha1').update(`configuration ${alias}`).digest('base64url');
}

const CREATED_AT = '2024-02-28T09:00:00Z';

/** An invented account number. The accounts in the docs have fixed numbers. */
function accountNumber(alias: string): string {
  if (alias === 'foobarlab') return '123740508747';
  return String(100_000_000_000 + (Number.parseInt(digest(alias).slice(0, 12), 16) % 899_999_999_999));
}

const CHANNELS = ['stable', 'stable', 'beta', 'stable'];
/** The channels of clusters beyond those of the docs. */
const MORE_CHANNELS = ['dev', 'alpha', 'beta', 'stable', 'stable', 'stable'];
/** Clusters where one image is a version behind, as in a real fleet. */
export const BEHIND: ReadonlySet<string> = new Set(['catalog', 'orders', 'payment-test', 'media']);

/** One cluster is always being updated, as in a real fleet. */
export const UPDATING = 'abckub-test';

function channelOf(alias: string, index: number): string {
  const pair = Math.floor(index / 2);
  if (pair >= CHANNELS.length) return MORE_CHANNELS[pair % MORE_CHANNELS.length] ?? 'stable';
  return environmentOf(alias) === 'test' ? 'beta' : (CHANNELS[pair] ?? 'stable');
}

export function seedRegistry(clusters: readonly SeededCluster[], caCert: string): RegistryState {
  const caData = Buffer.from(caCert).toString('base64');
  return {
    clusters: clusters.map((cluster, index) => clusterRecord(cluster, index, caData)),
    accounts: clusters.map(({ alias }) => accountRecord(alias)),
  };
}

function environmentOf(alias: string): string {
  return alias.endsWith('-test') ? 'test' : 'production';
}

function clusterRecord({ alias, port }: SeededCluster, index: number, caData: string): ClusterRecord {
  const account = `aws:${accountNumber(alias)}`;
  const version = alias === 'foobarlab' ? '5f4316c0a1b2' : digest(`version ${index % 3}`).slice(0, 40);
  const current = `${version}#${configurationHash(alias)}`;
  // Only a cluster that is being updated has a next version.
  const next = alias === UPDATING ? { next_version: `${digest('next').slice(0, 40)}#${configurationHash(alias)}` } : {};
  const region = 'eu-central-1';
  return {
    id: `${account}:${region}:kube-1`,
    alias,
    infrastructure_account: account,
    region,
    local_id: 'kube-1',
    provider: 'zalando-aws',
    api_server_url: `https://127.0.0.1:${port}`,
    channel: channelOf(alias, index),
    environment: environmentOf(alias),
    criticality_level: environmentOf(alias) === 'test' ? 1 : 2,
    lifecycle_status: 'ready',
    status: { current_version: current, last_version: current, ...next, problems: [] },
    created_at: CREATED_AT,
    config_items: {
      certificate_authority_data: caData,
      ingress_domain: `${alias}.example.org`,
      logging_token: digest(`token ${alias}`).slice(0, 24),
    },
    node_pools: [
      {
        name: 'default-master',
        profile: 'master-default',
        instance_types: ['m6g.large'],
        discount_strategy: 'none',
        min_size: 1,
        max_size: 2,
        config_items: {},
      },
      {
        name: 'default-worker',
        profile: 'worker-splitaz',
        instance_types: ['m6g.xlarge', 'm6i.xlarge'],
        discount_strategy: 'spot',
        min_size: 3,
        max_size: 21,
        config_items: {},
      },
    ],
  };
}

function accountRecord(alias: string): AccountRecord {
  return {
    id: `aws:${accountNumber(alias)}`,
    name: alias,
    owner: `team-${alias.replace(/-test$/, '')}`,
    cost_center: `000000${digest(`cost ${alias.replace(/-test$/, '')}`)
      .replace(/\D/g, '')
      .padEnd(4, '0')
      .slice(0, 4)}`,
    environment: environmentOf(alias),
    criticality_level: environmentOf(alias) === 'test' ? 1 : 2,
    external_id: accountNumber(alias),
    lifecycle_status: 'ready',
    type: 'aws',
  };
}
