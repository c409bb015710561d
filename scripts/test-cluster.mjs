// Runs the acceptance story against a cluster of yours. It makes one namespace and removes it again.
// npm run test:cluster -- [--kubeconfig FILE] [--context X] [--namespace N] [--image IMAGE]
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const text = { type: 'string' };
const { values } = parseArgs({ options: { kubeconfig: text, context: text, namespace: text, image: text } });
const env = { ...process.env, ACCEPTANCE_KUBECONFIG: values.kubeconfig ?? process.env.KUBECONFIG ?? '' };
if (env.ACCEPTANCE_KUBECONFIG === '') {
  console.error('no cluster is named: npm run test:cluster -- --kubeconfig FILE');
  process.exit(2);
}
for (const name of ['context', 'namespace', 'image'])
  if (values[name] !== undefined) env[`ACCEPTANCE_${name.toUpperCase()}`] = values[name];
const args = ['vitest', 'run', '--project', 'node', 'test/smoke/cluster.test.ts'];
process.exitCode = spawnSync('npx', args, { env, stdio: 'inherit' }).status ?? 1;
