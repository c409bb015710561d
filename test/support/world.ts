/** A home with a registry file, two contexts and a fake kubectl that writes down what it was given. */
import fs from 'node:fs';
import path from 'node:path';
import { expect } from 'vitest';
import { makeTempDir, runMain, type TestIoOptions } from './io.ts';

/** A folder for PATH with programs that write down what they were given. */
export function programs(scripts: Record<string, string>): { dir: string; log: () => string[] } {
  const dir = makeTempDir();
  const log = path.join(dir, 'log');
  for (const [name, script] of Object.entries(scripts)) {
    const text = `#!/bin/sh\nprintf '%s' '${name}' >> '${log}'; for a in "$@"; do printf ' <%s>' "$a" >> '${log}'; done; echo >> '${log}'\nPATH=/usr/bin:/bin\n${script}\n`;
    fs.writeFileSync(path.join(dir, name), text, { mode: 0o755 });
  }
  return { dir, log: () => (fs.existsSync(log) ? fs.readFileSync(log, 'utf8').split('\n').slice(0, -1) : []) };
}

export const CLUSTERS = `clusters:
- {id: "aws:1:eu:kube-1", alias: shop, environment: production, lifecycle_status: ready, api_server_url: "https://shop.example.org"}
- {id: "aws:2:eu:kube-1", alias: shop-test, environment: test, lifecycle_status: ready, api_server_url: "https://shop-test.example.org"}
`;

/** A home with a registry file and a kubeconfig with the contexts shop (current) and shop-test. */
export async function world(scripts: Record<string, string>) {
  const { dir, log } = programs(scripts);
  const home = makeTempDir();
  const clusters = path.join(home, 'clusters.yaml');
  fs.writeFileSync(clusters, CLUSTERS);
  const env = {
    PATH: dir,
    ZKUBECTL_REGISTRY_FILE: clusters,
    ZKUBECTL_DASHBOARD_URL: 'https://view.example.org/{alias}?ns={namespace}&id={id}',
  };
  const run = (argv: string[], options: TestIoOptions = {}) =>
    runMain(argv, { home, ...options, env: { ...env, ...options.env } });
  for (const name of ['shop-test', 'shop']) expect((await run(['use', name])).code).toBe(0);
  return { run, log, dir, home };
}
