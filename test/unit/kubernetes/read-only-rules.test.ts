import { expect, test } from 'vitest';
import { type ApiRequest, refusalOf } from '../../../src/kubernetes/read-only-rules.ts';

const PODS = '/api/v1/namespaces/shop/pods';
const DRY = JSON.stringify({ dryRun: ['All'] });

function request(method: string, url: string, more: Partial<Omit<ApiRequest, 'body'>> & { body?: string } = {}) {
  const { body = '', ...rest } = more;
  return { method, url, isUpgrade: false, contentType: 'application/json', ...rest, body: Buffer.from(body) };
}

test.each([
  ['GET', PODS],
  ['HEAD', PODS],
  ['OPTIONS', PODS],
  ['GET', `${PODS}?watch=true&resourceVersion=1`],
  ['GET', `${PODS}/a/log?follow=true`],
  ['GET', '/api/v1/namespaces/shop/configmaps/proxy'],
  ['GET', '/api/v1/namespaces/exec/pods/attach'],
  ['GET', '/apis/apps/v1/namespaces/shop/deployments/token/scale'],
  ['GET', '/api/v1/namespaces/a/status'],
  ['GET', '/openapi/v3/'],
  ['GET', '/version/'],
  ['POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ['POST', '/apis/authorization.k8s.io/v1/namespaces/shop/localsubjectaccessreviews'],
  ['POST', '/apis/authentication.k8s.io/v1beta1/selfsubjectreviews'],
  ['POST', `${PODS}?dryRun=All`],
  ['PATCH', `${PODS}/a?fieldManager=kubectl&dryRun=All`],
  ['PUT', `${PODS}/a/status?dryRun=All`],
  ['DELETE', `${PODS}/a?dryRun=All`],
])('%s %s is sent', (method, url) => {
  expect(refusalOf(request(method, url))).toBeUndefined();
});

test.each([
  ['POST', PODS],
  ['PUT', `${PODS}/a`],
  ['PATCH', `${PODS}/a`],
  ['DELETE', `${PODS}/a`],
  ['DELETE', PODS],
  ['CONNECT', PODS],
  ['get', PODS],
  ['POST', `${PODS}?dryRun=all`],
  ['POST', `${PODS}?dryRun=`],
  ['POST', `${PODS}?dryRun=All&dryRun=None`],
  ['POST', `${PODS}?x=dryRun=All`],
  ['POST', `${PODS}?x#&dryRun=All`],
  ['POST', `${PODS}#?dryRun=All`],
  ['POST', '/apis/authorization.k8s.io.example.org/v1/selfsubjectaccessreviews'],
  ['POST', '/apis/zalando.org/v1/namespaces/shop/codereviews'],
  ['PUT', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'],
  ['GET', `${PODS}/a/exec?command=rm`],
  ['GET', `${PODS}/a/attach`],
  ['GET', `${PODS}/a/portforward`],
  ['GET', `${PODS}/a/proxy/quit`],
  ['GET', '/api/v1/namespaces/shop/services/shop:80/proxy/quit'],
  ['GET', '/api/v1/nodes/n1/proxy/run/x'],
  ['GET', '/api/v1/proxy/nodes/n1/run'],
  ['POST', `${PODS}/a/exec?dryRun=All`],
  ['POST', '/api/v1/namespaces/shop/serviceaccounts/a/token?dryRun=All'],
  ['GET', `//api/v1/namespaces/shop/pods/a/exec`],
  ['GET', `/api/v1/namespaces/shop/pods/./a/exec`],
  ['GET', `/api/v1/namespaces/shop/pods/a/x/../exec`],
  ['GET', '/api/v1/namespaces/shop/pods/a/%2e%2e/a/exec'],
  // Go decodes a path before it routes the request.
  ['GET', `${PODS}/a/%65xec`],
  ['GET', `${PODS}/a/%70roxy/x`],
  ['GET', '/%61pi/v1/namespaces/shop/pods/a/proxy'],
  ['POST', '/api/v1/namespaces/shop/serviceaccounts/a/%74oken?dryRun=All'],
  // Parsers of a query differ.
  ['POST', `${PODS}??dryRun=All`],
  ['POST', `${PODS}?&dryRun=All`],
  ['POST', `${PODS}?dryRun=All&`],
  ['POST', `${PODS}?dryRun=All${'&a=b'.repeat(60)}`],
  ['POST', `${PODS}?dryRun=All&dryrun=x`],
  ['POST', `${PODS}?dry%52un=All`],
  ['POST', `${PODS}?dryRun=All&x=%zz`],
  ['POST', `${PODS}?dryRun=All;x=1`],
  // No resource of the API.
  ['PUT', '/debug/flags/v?dryRun=All'],
  ['PUT', '/api?dryRun=All'],
  // A subresource that may not know dry runs.
  ['POST', '/apis/subresources.example.org/v1/namespaces/shop/machines/a/restart?dryRun=All'],
  ['GET', 'https://elsewhere.example.org/api'],
])('%s %s is refused', (method, url) => {
  expect(refusalOf(request(method, url))).toMatch(/may change|would change|unusual characters/);
});

test('a request that asks for another protocol is refused', () => {
  expect(refusalOf(request('GET', PODS, { isUpgrade: true }))).toBe('the request opens a connection');
});

test.each([
  ['the dry run of its options', DRY, undefined],
  ['nothing of a dry run', '{"propagationPolicy":"Background"}', 'would change'],
  ['another word', '{"dryRun":["All","None"]}', 'would change'],
  ['no JSON', 'dryRun: [All]', 'would change'],
  ['a name that stands twice', '{"dryRun":["All"],"dryRun":[]}', 'would change'],
  ['two names that differ in case', '{"dryRun":["All"],"dryrun":[]}', 'would change'],
])('DELETE with %s in the body, whatever the query says', (_, body, refusal) => {
  const said = refusalOf(request('DELETE', `${PODS}/a?dryRun=All`, { body }));
  if (refusal === undefined) expect(said).toBeUndefined();
  else expect(said).toContain(refusal);
});

test('DELETE with a body that is not JSON is refused', () => {
  const contentType = 'application/vnd.kubernetes.protobuf';
  expect(refusalOf(request('DELETE', `${PODS}/a`, { body: DRY, contentType }))).toContain('would change');
});

test('an eviction is a dry run by its delete options', () => {
  const evict = (deleteOptions: unknown) =>
    refusalOf(request('POST', `${PODS}/a/eviction`, { body: JSON.stringify({ deleteOptions }) }));
  expect(evict({ dryRun: ['All'] })).toBeUndefined();
  expect(evict({})).toContain('would change');
  // A kind of the same name is not an eviction.
  const body = JSON.stringify({ deleteOptions: { dryRun: ['All'] } });
  const other = request('POST', '/apis/example.com/v1/namespaces/shop/eviction', { body });
  expect(refusalOf(other)).toContain('would change');
});
