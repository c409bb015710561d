// Compares what `on` answers without kubectl with kubectl's own answers on a cluster of yours. It only reads.
// npm run test:same-as-kubectl -- [--context X] [--kubeconfig FILE] [--namespace N]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { context: { type: 'string' }, kubeconfig: { type: 'string' }, namespace: { type: 'string' } },
});
const env = { ...process.env };
if (values.context !== undefined) env.SAME_AS_CONTEXT = values.context;
if (values.kubeconfig ?? process.env.KUBECONFIG) env.SAME_AS_KUBECONFIG = values.kubeconfig ?? process.env.KUBECONFIG;
if (values.namespace !== undefined) env.SAME_AS_NAMESPACE = values.namespace;
const args = ['vitest', 'run', '--project', 'node', 'test/smoke/same-as-kubectl.test.ts'];
process.exitCode = spawnSync('npx', args, { env, stdio: 'inherit' }).status ?? 1;
