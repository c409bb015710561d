// Runs the commands that are typed most, without a far end, for whoever wants to know which code they need.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const COMMANDS = [
  ['use', 'foobarlab'],
  ['credentials', 'foobarlab'],
  ['current'],
  ['list', '--offline'],
  ['__complete', 'use', ''],
];

const CLUSTERS = `clusters:
- id: aws:123456789012:eu-central-1:kube-1
  alias: foobarlab
  environment: production
  lifecycle_status: ready
  api_server_url: https://kube-1.example.org
`;

/**
 * Returns whether every command ended with 0.
 * @param start gives the program, its first arguments and further variables of the run with this number
 */
export function typicalUse(start) {
  const home = mkdtempSync(path.join(tmpdir(), 'zkubectl-typical-'));
  try {
    const clusters = path.join(home, 'clusters.yaml');
    writeFileSync(clusters, CLUSTERS);
    const { PATH, SystemRoot } = process.env;
    const settings = {
      ...{ PATH, SystemRoot, HOME: home, APPDATA: home, LOCALAPPDATA: home },
      ZKUBECTL_REGISTRY_FILE: clusters,
      ZKUBECTL_TOKEN: 'none',
      ZKUBECTL_AUTH_ISSUER: 'https://id.example.org',
      KUBECONFIG: path.join(home, 'config'),
    };
    const codes = COMMANDS.map((command, number) => {
      const { file, args, env } = start(number);
      return spawnSync(file, [...args, ...command], { cwd: home, env: { ...settings, ...env }, stdio: 'ignore' })
        .status;
    });
    return codes.every(code => code === 0);
  } finally {
    rmSync(home, { recursive: true, force: true });
  }
}
