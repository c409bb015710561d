// Lists the contents of dist: the bundled packages, their licences, and the bill of materials (CycloneDX) of the executables.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

/** The packages of the given modules, sorted by name. @param modules paths relative to the project, as in dist/modules.json */
export function packagesOf(modules) {
  const folders = new Set(modules.flatMap(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []));
  return [...folders]
    .map(folder => {
      const { name, version, license } = JSON.parse(readFileSync(path.join(root, folder, 'package.json'), 'utf8'));
      return { folder, name, version, license };
    })
    .sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.version < b.version ? -1 : 1));
}

/** The licence texts of packages. They are distributed with the program. */
export function licenceTexts(packages) {
  return packages
    .map(({ folder, name, version, license }) => {
      const files = readdirSync(path.join(root, folder)).filter(file => /^(licen[cs]e|notice)/i.test(file));
      const texts = files.map(file => readFileSync(path.join(root, folder, file), 'utf8').trim());
      return [`${name} ${version} (${license ?? 'no licence given'})`, ...texts].join('\n\n');
    })
    .join(`\n\n${'-'.repeat(80)}\n\n`)
    .concat('\n');
}

/** A module that is not bundled: the executable carries its package's binary, and npm installs the package beside ours. */
export const CARRIED = 'node_modules/@napi-rs/keyring';

/**
 * The bill of materials (CycloneDX 1.5) from `npm sbom`, reduced to what is in the executables.
 * @param epoch its time (seconds since 1970): the same sources give the same document
 */
export function billOfMaterials({ bunVersion, epoch }) {
  const modules = Object.values(JSON.parse(readFileSync(path.join(root, 'dist', 'modules.json'), 'utf8'))).flat();
  const inside = new Set(packagesOf([...modules, CARRIED]).map(({ name, version }) => `${name}@${version}`));
  const { status, stdout, stderr } = spawnSync('npm', ['sbom', '--sbom-format=cyclonedx'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    shell: process.platform === 'win32',
  });
  if (status !== 0) throw new Error(`npm sbom: exit code ${status}\n${stderr}`);
  const bill = JSON.parse(stdout);
  const isInside = ref => inside.has(ref.replace(/\|.*$/, ''));
  const bun = `pkg:npm/bun@${bunVersion}`;
  bill.metadata.timestamp = new Date(epoch * 1000).toISOString();
  bill.metadata.component.type = 'application';
  bill.metadata.component.name = 'zkubectl';
  bill.components = bill.components
    .filter(component => inside.has(`${component.name}@${component.version}`))
    .map(({ properties, ...component }) => component);
  bill.components.push({
    'bom-ref': bun,
    type: 'platform',
    name: 'bun',
    version: bunVersion,
    purl: bun,
    licenses: [{ license: { id: 'MIT' } }],
    pedigree: {
      notes: 'names of environment variables that would run other code are replaced; see scripts/runtimes.mjs',
    },
  });
  const own = bill.metadata.component['bom-ref'];
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => ref === own || isInside(ref))
    .map(({ ref, dependsOn = [] }) => ({
      ref,
      dependsOn: [...dependsOn.filter(isInside), ...(ref === own ? [bun] : [])],
    }));
  const missing = [...inside].filter(
    name => !bill.components.some(component => `${component.name}@${component.version}` === name),
  );
  if (missing.length > 0) throw new Error(`not in the output of npm sbom: ${missing.join(', ')}`);
  // A name for these contents (RFC 9562 section 5.8): the same sources give the same document.
  delete bill.serialNumber;
  const digest = createHash('sha256').update(JSON.stringify(bill)).digest('hex');
  const variant = ((Number.parseInt(digest[16], 16) & 3) | 8).toString(16);
  const uuid = [
    digest.slice(0, 8),
    digest.slice(8, 12),
    `8${digest.slice(13, 16)}`,
    variant + digest.slice(17, 20),
    digest.slice(20, 32),
  ];
  return { ...bill, serialNumber: `urn:uuid:${uuid.join('-')}` };
}
