/** The initial workloads of every sandbox cluster. */

export const REGISTRY = 'registry.example.org';

export interface Workload {
  readonly namespace: string;
  readonly name: string;
  readonly replicas: number;
  readonly image: string;
  readonly port?: number;
  readonly kind?: 'Deployment' | 'StatefulSet' | 'DaemonSet';
  readonly sidecar?: string;
}

export const WORKLOADS: readonly Workload[] = [
  {
    namespace: 'shop',
    name: 'checkout',
    replicas: 3,
    image: `${REGISTRY}/shop/checkout:1.42.0`,
    port: 8080,
    sidecar: `${REGISTRY}/platform/proxy:3.1`,
  },
  { namespace: 'shop', name: 'cart', replicas: 2, image: `${REGISTRY}/shop/cart:0.19.3`, port: 8080 },
  { namespace: 'shop', name: 'catalog', replicas: 2, image: `${REGISTRY}/shop/catalog:2.7.1`, port: 8080 },
  { namespace: 'shop', name: 'payment', replicas: 2, image: `${REGISTRY}/shop/payment:5.0.2`, port: 8443 },
  {
    namespace: 'shop',
    name: 'orders-db',
    replicas: 1,
    image: `${REGISTRY}/platform/postgres:17.2`,
    port: 5432,
    kind: 'StatefulSet',
  },
  { namespace: 'default', name: 'hello', replicas: 1, image: `${REGISTRY}/platform/hello:1.0`, port: 8080 },
  { namespace: 'kube-system', name: 'coredns', replicas: 2, image: `${REGISTRY}/platform/coredns:1.12.1`, port: 53 },
  {
    namespace: 'kube-system',
    name: 'kube-proxy',
    replicas: 0,
    image: `${REGISTRY}/platform/kube-proxy:v1.35.2`,
    kind: 'DaemonSet',
  },
  {
    namespace: 'kube-system',
    name: 'skipper-ingress',
    replicas: 2,
    image: `${REGISTRY}/platform/skipper:0.22.4`,
    port: 9999,
  },
  {
    namespace: 'kube-system',
    name: 'metrics-server',
    replicas: 1,
    image: `${REGISTRY}/platform/metrics-server:0.8.0`,
    port: 443,
  },
  {
    namespace: 'monitoring',
    name: 'prometheus',
    replicas: 1,
    image: `${REGISTRY}/platform/prometheus:3.5.0`,
    port: 9090,
    kind: 'StatefulSet',
  },
];
