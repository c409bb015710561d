/** Authentication and authorization reviews: `kubectl auth whoami` and `auth can-i`. */
import type { IncomingMessage } from 'node:http';
import type { Claims } from '../verifier.ts';
import { mayDo, rulesFor } from './authorization.ts';
import { readObject } from './body.ts';
import type { Fields } from './resource-types.ts';

/** The response to a review. Undefined: the path is not a review. */
export async function review(
  request: IncomingMessage,
  claims: Claims,
  segments: readonly string[],
  now: Date,
): Promise<unknown> {
  const path = segments.join('/');
  if (path === 'apis/authentication.k8s.io/v1/selfsubjectreviews') {
    return {
      kind: 'SelfSubjectReview',
      apiVersion: 'authentication.k8s.io/v1',
      metadata: { creationTimestamp: now.toISOString() },
      status: {
        userInfo: { username: claims.email ?? claims.sub, groups: [...claims.groups, 'system:authenticated'] },
      },
    };
  }
  if (path === 'apis/authorization.k8s.io/v1/selfsubjectaccessreviews') {
    const body = await readObject(request);
    const wanted = (body.spec?.['resourceAttributes'] ?? {}) as Fields;
    const allowed = mayDo(claims, {
      verb: String(wanted['verb'] ?? 'get'),
      group: String(wanted['group'] ?? ''),
      resource: String(wanted['resource'] ?? ''),
      subresource: wanted['subresource'],
      namespace: wanted['namespace'],
    });
    return {
      ...body,
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectAccessReview',
      status: { allowed, ...(allowed ? {} : { reason: 'production is read-only without cluster access' }) },
    };
  }
  if (path === 'apis/authorization.k8s.io/v1/selfsubjectrulesreviews') {
    const body = await readObject(request);
    return {
      ...body,
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      status: {
        resourceRules: rulesFor(claims),
        nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/version'] }],
        incomplete: false,
      },
    };
  }
  return undefined;
}
