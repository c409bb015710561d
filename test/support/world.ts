/** A home with a registry file, two contexts and a fake kubectl that records its arguments. */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { makeTempDir, runMain, type TestIoOptions } from './io.ts';
import { programs } from './programs.ts';

export const CLUSTERS = `clusters:
- {id: "aws:1:eu:kube-1", alias: shop, environment: production, lifecycle_status: ready, api_server_url: "https://shop.example.org"}
- {id: "aws:2:eu:kube-1", alias: shop-test, environment: test, lifecycle_status: ready, api_server_url: "https://shop-test.example.org"}
`;

const UNDO_READ = /^kubectl <get> .*<--output=json> <--ignore-not-found>$/;

/** A home with a registry file and a kubeconfig with the contexts shop (current) and shop-test. */
export async function world(scripts: Record<string, string>) {
  const { dir, log: all } = programs(scripts);
  /** The recorded runs, without the reads of `undo` before and after a write. */
  const log = () => all().filter(line => !UNDO_READ.test(line));
  const home = makeTempDir();
  const clusters = path.join(home, 'clusters.yaml');
  fs.writeFileSync(clusters, CLUSTERS);
  const env = {
    PATH: dir,
    ZKUBECTL_TOKEN: 'token',
    ZKUBECTL_REGISTRY_FILE: clusters,
    ZKUBECTL_DASHBOARD_URL: 'https://view.example.org/{alias}?ns={namespace}&id={id}',
  };
  const run = (argv: string[], options: TestIoOptions = {}) =>
    runMain(argv, { home, ...options, env: { ...env, ...options.env } });
  for (const name of ['shop-test', 'shop']) expect((await run(['use', name])).code).toBe(0);
  return { run, log, all, dir, home };
}
