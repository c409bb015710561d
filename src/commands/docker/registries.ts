/** The image registries that take the platform's token: `docker.registries`, hosts with a port where they have one. */
import type { Config } from '../../config/config.ts';
import { UsageError } from '../../errors.ts';

/** Throws UsageError (2) when an entry is no host. */
export function registriesOf(config: Config): readonly string[] {
  return config.words('docker.registries').map(word => {
    const host = hostOf(word);
    if (host !== undefined) return host;
    throw new UsageError(`docker.registries: ${word} is not a host`, {
      code: 'bad_value',
      hint: 'zkubectl configure docker.registries=registry.example.org',
    });
  });
}

/**
 * The host, and the port if there is one, of what docker calls a server URL: a host, or an https URL. Undefined: it is neither. A user name in it
 * is refused, because it hides the host.
 */
export function hostOf(server: string): string | undefined {
  const match = /^(?:https:\/\/)?([a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:]+\])(:\d{1,5})?(?:\/[^@\s]*)?$/i.exec(
    server,
  );
  return match === null ? undefined : `${match[1]}${match[2] === ':443' ? '' : (match[2] ?? '')}`.toLowerCase();
}

export function isOneOf(registries: readonly string[], host: string): boolean {
  return registries.includes(host);
}

export function urlOf(host: string): string {
  return `https://${host}`;
}
