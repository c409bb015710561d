/** undo of each verb with real kubectl: after the command and its undo, the object is as it was. */
import fs from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { figure, scaled } from '../support/faults.ts';
import { type UndoWorld, undoWorld } from '../support/guarded-sandbox.ts';
import { makeTempDir } from '../support/io.ts';

const FILES: Record<string, string> = {
  'config.yaml':
    'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: checkout-config, namespace: shop}\ndata: {mode: slow, level: "9"}\n',
  'new.yaml': 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: brand-new, namespace: shop}\ndata: {a: "1"}\n',
};
/** Kinds that the sandbox does not have by itself. */
const OBJECTS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: {name: web, namespace: shop, labels: {application: web}, annotations: {zalando.org/a: b}}
spec: {rules: [{host: web.example.org, http: {paths: [{path: /, pathType: Prefix, backend: {service: {name: cart, port: {number: 80}}}}]}}]}
---
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {name: data, namespace: shop}
spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: web, namespace: shop}
spec: {minReplicas: 1, maxReplicas: 4, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: catalog}}
---
apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: shop}
spec: {schedule: "0 3 * * *", jobTemplate: {spec: {template: {spec: {restartPolicy: Never, containers: [{name: a, image: a}]}}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {name: web, namespace: shop}
spec: {maxUnavailable: 1, selector: {matchLabels: {application: web}}}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: robot, namespace: shop}
---
apiVersion: v1
kind: LimitRange
metadata: {name: small, namespace: shop}
spec: {limits: [{type: Container, default: {memory: 1Gi}}]}
---
apiVersion: v1
kind: ResourceQuota
metadata: {name: small, namespace: shop}
spec: {hard: {pods: "500"}}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: finalized, namespace: shop, finalizers: [example.org/hold]}
data: {a: "1"}
---
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent, namespace: shop}
spec: {selector: {matchLabels: {application: agent}}, template: {metadata: {labels: {application: agent}}, spec: {containers: [{name: agent, image: "agent:1"}]}}}
---
apiVersion: v1
kind: Service
metadata: {name: headless, namespace: shop}
spec: {clusterIP: None, selector: {application: cart}, ports: [{port: 80}]}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: alone, namespace: shop}
spec: {replicas: 1, serviceName: headless, selector: {matchLabels: {application: alone}}, template: {metadata: {labels: {application: alone}}, spec: {containers: [{name: a, image: a}]}}}
---
apiVersion: apps/v1
kind: ReplicaSet
metadata: {name: alone, namespace: shop}
spec: {replicas: 1, selector: {matchLabels: {application: lone}}, template: {metadata: {labels: {application: lone}}, spec: {containers: [{name: a, image: a}]}}}
`;

let world: UndoWorld;
const dir = makeTempDir();
beforeAll(async () => {
  world = await undoWorld();
  const all = { ...FILES, 'objects.yaml': OBJECTS };
  for (const [name, text] of Object.entries(all)) fs.writeFileSync(path.join(dir, name), text);
  expect(await world.kubectl('apply', '-f', path.join(dir, 'objects.yaml'))).toMatchObject({ code: 0 });
  const { stdout } = await world.kubectl(
    'get',
    'deployment',
    'catalog',
    '-n',
    'shop',
    '-o',
    'jsonpath={.metadata.uid}',
  );
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'catalog', uid: stdout };
  const owned = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'owned', namespace: 'shop', ownerReferences: [owner] },
    data: { a: '1' },
  };
  fs.writeFileSync(path.join(dir, 'owned.yaml'), JSON.stringify(owned));
  expect(await world.kubectl('apply', '-f', path.join(dir, 'owned.yaml'))).toMatchObject({ code: 0 });
});
afterAll(() => world.close());

/** The object, and the command that changes it. */
const CASES: readonly (readonly [string, string])[] = [
  ['deployment/cart', 'scale deployment/cart --replicas=0'],
  ['deployment/cart', 'scale deployment/cart --replicas=7'],
  ['deployment/cart', 'scale deployments -l application=cart --replicas=1'],
  ['deployment/cart', 'set image deployment/cart cart=cart:9'],
  ['deployment/cart', 'set env deployment/cart MODE=slow'],
  ['deployment/cart', 'set resources deployment/cart --limits=cpu=2'],
  ['deployment/cart', 'label deployment cart owner=me'],
  ['deployment/cart', 'label deployment cart application=other --overwrite'],
  ['deployment/cart', 'label deployment cart team-'],
  ['deployment/cart', 'annotate deployment cart a/b=c'],
  ['deployment/cart', 'patch deployment cart -p {"spec":{"template":{"metadata":{"labels":{"x":"y"}}}}}'],
  ['deployment/cart', 'patch deployment cart --type=json -p [{"op":"replace","path":"/spec/replicas","value":0}]'],
  ['deployment/cart', 'delete deployment cart'],
  ['service/cart', 'delete service cart'],
  ['service/cart', 'label svc cart x=y'],
  ['configmap/checkout-config', 'delete configmap checkout-config'],
  ['configmap/checkout-config', 'delete configmap checkout-config --wait=false'],
  ['configmap/checkout-config', 'apply -f config.yaml'],
  ['configmap/checkout-config', 'apply --server-side --force-conflicts -f config.yaml'],
  ['configmap/checkout-config', 'replace -f config.yaml'],
  ['configmap/checkout-config', 'patch cm checkout-config --type=merge -p {"data":null}'],
  ['configmap/brand-new', 'apply -f new.yaml'],
  ['statefulset/orders-db', 'scale sts/orders-db --replicas=0'],
  ['stackset/storefront', 'delete stackset storefront'],
  ['stackset/storefront', 'traffic storefront storefront-v1 30 --no-wait'],
  ['deployment/cart', 'scale deployment/cart --replicas=5 --current-replicas=2'],
  ['deployment/cart', 'rollout restart deployment/cart'],
  ['deployment/cart', 'rollout pause deployment/cart'],
  ['deployment/cart', 'set serviceaccount deployment cart robot'],
  [
    'deployment/cart',
    'patch deployment cart --type=merge -p {"spec":{"strategy":{"type":"Recreate","rollingUpdate":null}}}',
  ],
  ['deployment/cart', 'annotate deployment cart a/b=c d/e=f --overwrite'],
  ['deployment/cart', 'label deployments -l application=cart x=y'],
  ['horizontalpodautoscaler/web', 'patch hpa web --type=merge -p {"spec":{"maxReplicas":20}}'],
  ['horizontalpodautoscaler/web', 'delete hpa web'],
  ['ingress/web', 'delete ingress web'],
  ['ingress/web', 'annotate ingress web zalando.org/x=y'],
  [
    'ingress/web',
    'patch ingress web --type=json -p [{"op":"replace","path":"/spec/rules/0/host","value":"new.example.org"}]',
  ],
  ['persistentvolumeclaim/data', 'label pvc data keep=yes'],
  ['persistentvolumeclaim/data', 'delete pvc data'],
  ['cronjob/nightly', 'patch cronjob nightly -p {"spec":{"suspend":true}}'],
  ['cronjob/nightly', 'delete cronjob nightly'],
  ['poddisruptionbudget/web', 'patch pdb web --type=merge -p {"spec":{"maxUnavailable":2}}'],
  ['poddisruptionbudget/web', 'delete pdb web'],
  ['serviceaccount/robot', 'delete serviceaccount robot'],
  ['serviceaccount/robot', 'annotate sa robot iam.amazonaws.com/role=admin'],
  ['limitrange/small', 'delete limitrange small'],
  ['resourcequota/small', 'patch quota small --type=merge -p {"spec":{"hard":{"pods":"99"}}}'],
  ['configmap/owned', 'label cm owned x=y'],
  ['configmap/owned', 'delete cm owned'],
  ['configmap/finalized', 'label cm finalized x=y'],
  ['configmap/finalized', 'annotate cm finalized note=two'],
  ['daemonset/agent', 'set image ds/agent agent=agent:2'],
  ['daemonset/agent', 'delete ds agent'],
  ['service/headless', 'delete svc headless'],
  ['service/headless', 'set selector svc headless application=other'],
  ['statefulset/alone', 'delete sts alone'],
  ['statefulset/alone', 'scale sts alone --replicas=3'],
  ['replicaset/alone', 'scale rs alone --replicas=3'],
  ['stackset/storefront', 'annotate stackset storefront x=y'],
  ['stackset/storefront', 'patch stackset storefront --type=merge -p {"spec":{"stackLifecycle":{"limit":3}}}'],
];

/** `npm test` takes a sixth of them, another sixth each time. */
const step = scaled(6, 1);
const first = Math.floor(Math.random() * step);
const chosen = CASES.filter((_, i) => i % step === first);
let equal = 0;

test.each(chosen)('%s: %s', async (name, line) => {
  const before = await world.stateOf(name);
  const argv = line.split(' ').map(word => (word in FILES ? path.join(dir, word) : word));
  const own = line.startsWith('traffic') ? [...argv, '-n', 'shop'] : [...argv, '-n', 'shop', '--yes'];
  expect(await world.zkubectl(...own)).toMatchObject({ code: 0 });
  expect(await world.stateOf(name)).not.toEqual(before);
  expect(await world.zkubectl('undo', '--yes')).toMatchObject({ code: 0 });
  expect(await world.stateOf(name)).toEqual(before);
  equal++;
});

test('the figures', () => {
  expect(equal).toBe(chosen.length);
  figure('undo', 'commands done and undone', chosen.length);
  figure('undo', 'of them, objects that were equal to the byte afterwards', equal);
});
