// What the benchmark works on: a registry of believable clusters, and a kubeconfig as kubectl writes it.

const REGIONS = ['eu-central-1', 'eu-west-1', 'us-east-1'];
const CHANNELS = ['stable', 'beta', 'dev'];

/** Clusters with the fields, config items and node pools that a registry gives; about 1.6 KB each. */
export function clusters(count) {
  return Array.from({ length: count }, (_, i) => {
    const account = String(100_000_000_000 + i);
    const region = REGIONS[i % REGIONS.length];
    const alias = `team-${i}${i % 2 ? '-test' : ''}`;
    const version = (i * 2654435761).toString(16).padStart(40, '5').slice(0, 40);
    return {
      id: `aws:${account}:${region}:kube-1`,
      alias,
      infrastructure_account: `aws:${account}`,
      region,
      local_id: 'kube-1',
      provider: i % 3 ? 'zalando-aws' : 'zalando-eks',
      api_server_url: `https://kube-1.${alias}.example.org`,
      channel: CHANNELS[i % CHANNELS.length],
      environment: i % 2 ? 'test' : 'production',
      criticality_level: (i % 3) + 1,
      lifecycle_status: 'ready',
      status: { current_version: `${version}#abc`, last_version: '', next_version: `${version}#abc`, problems: [] },
      config_items: {
        certificate_authority_data: 'LS0tLS1CRUdJTiBDRVJUSUZJQ0FURS0tLS0t'.repeat(12),
        okta_auth_client_id: '',
        apiserver_memory: '4Gi',
        coredns_replicas: '3',
      },
      node_pools: [
        {
          name: 'default',
          profile: 'worker-splitaz',
          instance_types: ['m6g.xlarge', 'm6i.xlarge'],
          discount_strategy: 'none',
          min_size: 3,
          max_size: 20,
        },
        {
          name: 'spot',
          profile: 'worker',
          instance_types: ['m6g.2xlarge'],
          discount_strategy: 'spot',
          min_size: 0,
          max_size: 50,
        },
      ],
    };
  });
}

/** A kubeconfig of so many contexts, as `kubectl config` writes it after zkubectl. */
export function kubeconfig(names, command) {
  const ca = Buffer.alloc(1100, 'x').toString('base64');
  const list = entry => names.map(entry).join('');
  return `apiVersion: v1
clusters:
${list(name => `- cluster:\n    certificate-authority-data: ${ca}\n    server: https://kube-1.${name}.example.org\n  name: ${name}\n`)}contexts:
${list(name => `- context:\n    cluster: ${name}\n    namespace: shop\n    user: zkubectl-${name}\n  name: ${name}\n`)}current-context: ${names[0]}
kind: Config
preferences: {}
users:
${list(
  name => `- name: zkubectl-${name}
  user:
    exec:
      apiVersion: client.authentication.k8s.io/v1
      args:
      - credentials
      - ${name}
      command: ${command}
      env: null
      installHint: 'zkubectl is not where it was when it wrote this kubeconfig. Install
        it again, then run: zkubectl login'
      interactiveMode: IfAvailable
      provideClusterInfo: true
`,
)}`;
}
