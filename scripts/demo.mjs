// The drill, unattended: an emergency access with the real program and a real kubectl in a sandbox. It fails when a step has an unexpected result.
// It uses only temporary folders, which are deleted at the end, and no files of the user.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { ZKUBECTL } from './company.mjs';
import { realKubectl } from './kubectl.mjs';

const home = mkdtempSync(path.join(os.tmpdir(), 'zkubectl-demo-'));
try {
  const { status } = spawnSync(process.execPath, [ZKUBECTL, 'sandbox', 'drill', '--yes'], {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, HOME: home, ZKUBECTL_KUBECTL_PATH: await realKubectl() },
  });
  process.exitCode = status ?? 1;
} finally {
  rmSync(home, { recursive: true, force: true });
}
