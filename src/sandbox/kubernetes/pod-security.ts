/** The Pod Security Standards, as the admission plugin PodSecurity checks them by a namespace's labels (kubernetes.io, "Pod Security Admission"). */
import type { Fields, KubeObject } from './resource-types.ts';

const LABEL = 'pod-security.kubernetes.io/';
const LEVELS = ['privileged', 'baseline', 'restricted'] as const;
type Level = (typeof LEVELS)[number];

/** The capabilities that "baseline" lets a container add. */
const BASELINE_CAPABILITIES = new Set(
  'AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT'.split(
    ' ',
  ),
);
/** The volumes that "restricted" permits. */
const RESTRICTED_VOLUMES = new Set(
  'configMap csi downwardAPI emptyDir ephemeral persistentVolumeClaim projected secret'.split(' '),
);

export interface PodSecurityResult {
  /** The pod is refused. Undefined: admitted. */
  readonly refusal: string | undefined;
  /** What a warning says. Undefined: none. */
  readonly warning: string | undefined;
}

/** Checks the spec of a pod or of a pod template. */
export function checkPodSecurity(namespace: KubeObject | undefined, spec: Fields): PodSecurityResult {
  const enforce = levelOf(namespace, 'enforce') ?? 'privileged';
  // Without a label of its own, `warn` follows `enforce`.
  const warn = levelOf(namespace, 'warn') ?? enforce;
  const refused = violations(spec, enforce);
  const warned = violations(spec, warn);
  return {
    refusal: refused.length > 0 ? `violates PodSecurity "${enforce}:latest": ${refused.join(', ')}` : undefined,
    warning: warned.length > 0 ? `would violate PodSecurity "${warn}:latest": ${warned.join(', ')}` : undefined,
  };
}

function levelOf(namespace: KubeObject | undefined, mode: string): Level | undefined {
  return LEVELS.find(level => level === namespace?.metadata.labels?.[`${LABEL}${mode}`]);
}

function violations(spec: Fields, level: Level): string[] {
  if (level === 'privileged') return [];
  const found = baseline(spec);
  return level === 'restricted' ? [...found, ...restricted(spec)] : found;
}

function baseline(spec: Fields): string[] {
  const found: string[] = [];
  const host = ['hostNetwork', 'hostPID', 'hostIPC'].filter(field => spec[field] === true);
  if (host.length > 0) found.push(`host namespaces (${host.map(field => `${field}=true`).join(', ')})`);
  const paths = volumesOf(spec).filter(volume => volume['hostPath'] !== undefined);
  if (paths.length > 0) found.push(`hostPath volumes (volume${paths.length > 1 ? 's' : ''} ${named(paths)})`);
  const privileged = containersIn(spec).filter(c => contextOf(c)['privileged'] === true);
  if (privileged.length > 0)
    found.push(`privileged (${subject(privileged)} must not set securityContext.privileged=true)`);
  const ports = containersIn(spec).filter(c => list(c['ports']).some(port => Number(port['hostPort'] ?? 0) > 0));
  if (ports.length > 0) found.push(`hostPort (${subject(ports)} uses hostPorts)`);
  const adding = containersIn(spec).filter(c => added(c).some(name => !BASELINE_CAPABILITIES.has(name)));
  if (adding.length > 0)
    found.push(
      `non-default capabilities (${subject(adding)} must not include ${addedText(adding)} in securityContext.capabilities.add)`,
    );
  return found;
}

function restricted(spec: Fields): string[] {
  const found: string[] = [];
  const all = containersIn(spec);
  const pod = (spec['securityContext'] ?? {}) as Fields;
  const escalating = all.filter(c => contextOf(c)['allowPrivilegeEscalation'] !== false);
  if (escalating.length > 0)
    found.push(
      `allowPrivilegeEscalation != false (${subject(escalating)} must set securityContext.allowPrivilegeEscalation=false)`,
    );
  const capable = all.filter(c => !list(contextOf(c)['capabilities']?.drop).includes('ALL' as never));
  if (capable.length > 0)
    found.push(`unrestricted capabilities (${subject(capable)} must set securityContext.capabilities.drop=["ALL"])`);
  const types = volumesOf(spec).filter(v => Object.keys(v).some(key => key !== 'name' && !RESTRICTED_VOLUMES.has(key)));
  if (types.length > 0) found.push(`restricted volume types (volume ${named(types)} uses a restricted volume type)`);
  const asRoot = all.filter(c => (contextOf(c)['runAsNonRoot'] ?? pod['runAsNonRoot']) !== true);
  if (asRoot.length > 0)
    found.push(`runAsNonRoot != true (pod or ${subject(asRoot)} must set securityContext.runAsNonRoot=true)`);
  const isConfined = (profile: Fields | undefined) => ['RuntimeDefault', 'Localhost'].includes(profile?.['type']);
  const open = all.filter(c => !isConfined(contextOf(c)['seccompProfile'] ?? pod['seccompProfile']));
  if (open.length > 0)
    found.push(
      `seccompProfile (pod or ${subject(open)} must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost")`,
    );
  return found;
}

function containersIn(spec: Fields): Fields[] {
  return [...list(spec['initContainers']), ...list(spec['containers']), ...list(spec['ephemeralContainers'])];
}

function volumesOf(spec: Fields): Fields[] {
  return list(spec['volumes']);
}

function contextOf(container: Fields): Fields {
  return (container['securityContext'] ?? {}) as Fields;
}

function added(container: Fields): string[] {
  return list(contextOf(container)['capabilities']?.add).map(String);
}

function addedText(containers: readonly Fields[]): string {
  const names = containers.flatMap(added).filter(name => !BASELINE_CAPABILITIES.has(name));
  return [...new Set(names)].map(name => `"${name}"`).join(', ');
}

function named(things: readonly Fields[]): string {
  return things.map(thing => `"${thing['name']}"`).join(', ');
}

function subject(containers: readonly Fields[]): string {
  return `container${containers.length > 1 ? 's' : ''} ${named(containers)}`;
}

function list(value: unknown): Fields[] {
  return Array.isArray(value) ? (value as Fields[]) : [];
}
