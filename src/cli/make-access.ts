/** Connects the access service's API, as configured, to the tokens. */
import type { AccessApi } from '../access/api.ts';
import { decodeJwt, requestorsIn } from '../auth/jwt.ts';
import type { Config } from '../config/config.ts';
import { UsageError } from '../errors.ts';
import type { Io } from '../platform/io.ts';
import type { HttpClient } from '../platform/net/http-types.ts';

export interface AccessWorld {
  readonly io: Pick<Io, 'now'>;
  readonly config: Config;
  readonly http: HttpClient;
  readonly token: () => Promise<string>;
  readonly timeoutMs: number | undefined;
}

export async function makeAccess({ io, config, ...world }: AccessWorld): Promise<AccessApi> {
  const options = { ...world, url: config.required('access.url') };
  if (config.text('access.api') !== 'emergency-access-service') {
    const { createPrivilegedAccessApi } = await import('../access/privileged-access-api.ts');
    return createPrivilegedAccessApi(options);
  }
  const { createEmergencyAccessService } = await import('../access/emergency-access-service.ts');
  return createEmergencyAccessService({ ...options, now: io.now, user: async () => userIn(await world.token()) });
}

function userIn(token: string): string {
  const [user] = requestorsIn(decodeJwt(token) ?? {});
  if (user !== undefined) return user;
  throw new UsageError('the access service needs your name, and the token does not show it', {
    code: 'whose_request',
    hint: 'check auth.scopes: zkubectl configure',
  });
}
