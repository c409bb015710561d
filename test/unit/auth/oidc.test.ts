/** ID tokens that must not be believed: nothing is stored, exit 4. */
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type FakeIssuer, fakeIssuer, type Keys, newKeys, type Tampering } from '../../support/fake-issuer.ts';
import type { FakeAnswer } from '../../support/fake-service.ts';
import { makeTempDir, runMain } from '../../support/io.ts';
import { filesBelow } from '../../support/sandbox.ts';

let good: Keys;
let other: Keys;
let issuer: FakeIssuer | undefined;
beforeAll(async () => {
  good = await newKeys();
  other = await newKeys();
});
afterEach(async () => {
  await issuer?.service.close();
  issuer = undefined;
});

/** A login with an issuer that is tampered with. */
async function login(tampering: Tampering = {}) {
  issuer = await fakeIssuer(good, tampering);
  const { service, browse } = issuer;
  const home = makeTempDir();
  const env = { ZKUBECTL_AUTH_ISSUER: service.url, ZKUBECTL_DEBUG: '1' };
  const result = await runMain(['login'], { home, env, browser: browse });
  return { ...result, stored: filesBelow(home).filter(file => file.includes('/tokens/')), home };
}

describe('a login', () => {
  test('with an honest issuer works', async () => {
    const { code, stored, stderr } = await login();
    expect([code, stored.length]).toEqual([0, 1]);
    expect(stderr).not.toContain('canary');
  });

  const past = Math.floor(Date.now() / 1000) - 3600;
  test.each([
    ['another issuer in the token', { claims: { iss: 'https://evil.example.org' } }],
    ['another audience', { claims: { aud: 'somebody-else' } }],
    ['another nonce', { claims: { nonce: 'other' } }],
    ['no nonce', { claims: { nonce: undefined } }],
    ['an expiry that has passed', { claims: { iat: past - 600, exp: past } }],
    ['no expiry', { claims: { exp: undefined } }],
    ['no subject', { claims: { sub: undefined } }],
    ['alg none', { unsecured: true }],
    ['a key that is not in the JWKS', { key: 'other' }],
    ['another iss in the callback (RFC 9207)', { callbackIss: 'https://evil.example.org' }],
    ['no ID token', { noIdToken: true }],
    [
      'a discovery document of another issuer',
      {
        discovery: () => ({
          json: {
            issuer: 'https://evil.example.org',
            authorization_endpoint: 'https://evil.example.org/a',
            token_endpoint: 'https://evil.example.org/t',
            jwks_uri: 'https://evil.example.org/j',
          },
        }),
      },
    ],
  ] as [string, Omit<Tampering, 'key'> & { key?: 'other' }][])(
    'with %s: exit 4, nothing stored, nothing told',
    async (_name, tampering) => {
      const { code, stored, stdout, stderr } = await login({
        ...tampering,
        ...(tampering.key ? { key: other } : {}),
      } as Tampering);
      expect([code, stored, stdout]).toEqual([4, [], '']);
      expect(stderr).not.toContain('canary');
    },
  );

  test.each([
    ['invalid_grant', { status: 400, json: { error: 'invalid_grant' } }, 4],
    [
      'a user who is not assigned',
      {
        status: 403,
        json: { error: 'access_denied', error_description: 'User is not assigned to the client application.' },
      },
      4,
    ],
    ['500', { status: 500, body: 'oops' }, 6],
    ['HTML', { headers: { 'content-type': 'text/html' }, body: '<html>' }, 6],
    ['a lost connection', { hangUp: true }, 6],
  ] as [string, FakeAnswer, number][])('with a token endpoint that gives %s', async (name, answer, exitCode) => {
    const { code, stored, stderr } = await login({ code: answer });
    expect([code, stored]).toEqual([exitCode, []]);
    if (name.includes('assigned')) expect(stderr).toContain('you have no role for this cluster');
    expect(stderr).not.toContain('canary');
  });

  test('with no issuer there: exit 6', async () => {
    expect((await runMain(['login'], { env: { ZKUBECTL_AUTH_ISSUER: 'http://127.0.0.1:1' } })).code).toBe(6);
  });
});
