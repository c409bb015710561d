/** What the sandbox's registry keeps, with the API's field names. */

export interface NodePoolRecord {
  name: string;
  config_items: Record<string, string>;
  [field: string]: unknown;
}

export interface ClusterRecord {
  id: string;
  alias: string;
  infrastructure_account: string;
  region: string;
  local_id: string;
  provider: string;
  api_server_url: string;
  channel: string;
  environment: string;
  criticality_level: number;
  lifecycle_status: string;
  status: Record<string, unknown>;
  config_items: Record<string, string>;
  node_pools: NodePoolRecord[];
  created_at: string;
  [field: string]: unknown;
}

export interface AccountRecord {
  id: string;
  type: string;
  name: string;
  owner: string;
  cost_center: string;
  environment: string;
  criticality_level: number;
  external_id: string;
  lifecycle_status: string;
  [field: string]: unknown;
}

export interface RegistryState {
  clusters: ClusterRecord[];
  accounts: AccountRecord[];
}
