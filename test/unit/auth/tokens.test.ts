import { describe, expect, test } from 'vitest';
import type { Issuer } from '../../../src/auth/oidc.ts';
import { createTokenStore, type TokenSet } from '../../../src/auth/token-store.ts';
import { Tokens } from '../../../src/auth/tokens.ts';
import { AuthError, UnreachableError } from '../../../src/errors.ts';
import { DEFAULT_REDIRECT } from '../../../src/lib/redirect-url.ts';
import { TestClock } from '../../support/clock.ts';
import { createTestIo, makeTempDir } from '../../support/io.ts';

const REQUEST = { clientId: 'client', use: 'access', loginCommand: 'zkubectl login' } as const;

/** Tokens of a machine without a terminal, with an issuer that renews as the test says. */
function tokens(renew: (count: number) => TokenSet = () => ({ accessToken: 'new', refreshToken: 'r2' }), env = {}) {
  const state = makeTempDir();
  const clock = new TestClock();
  const store = createTokenStore(state);
  const calls = { renewals: 0, issuers: 0 };
  const issuer = {
    refreshGrant: async () => renew(++calls.renewals),
    revoke: async () => true,
  } as unknown as Issuer;
  const make = () =>
    new Tokens({
      io: createTestIo({ now: clock.now, env }),
      store,
      settings: {
        issuer: 'https://id.example.org',
        scopes: ['openid'],
        audience: undefined,
        platformClientId: 'client',
        flow: { flow: 'browser', redirect: DEFAULT_REDIRECT, redirectPorts: [], openBrowser: false },
        mayLogin: false,
        exchanges: false,
        stateDir: state,
      },
      openIssuer: async () => {
        calls.issuers++;
        return issuer;
      },
      say: () => undefined,
      waiting: () => undefined,
      warn: () => undefined,
      debug: () => undefined,
    });
  const endsIn = (seconds: number) => Math.floor(clock.now().getTime() / 1000) + seconds;
  const save = (set: TokenSet) => store.write(make().keyOf('client'), set);
  return { make, save, calls, endsIn, clock, stored: () => store.read(make().keyOf('client')) };
}

describe('a token', () => {
  test('that has a minute left is taken from the store, and the issuer is not asked', async () => {
    const { make, save, calls, endsIn } = tokens();
    save({ accessToken: 'old', accessExpiresAt: endsIn(61), refreshToken: 'r1' });
    expect((await make().get(REQUEST)).token).toBe('old');
    expect(calls).toEqual({ renewals: 0, issuers: 0 });
  });

  test('that has less is renewed, and the rotated refresh token is stored', async () => {
    const { make, save, calls, endsIn, stored } = tokens();
    save({ accessToken: 'old', accessExpiresAt: endsIn(59), refreshToken: 'r1' });
    expect((await make().get(REQUEST)).token).toBe('new');
    expect([calls.renewals, stored()?.refreshToken]).toEqual([1, 'r2']);
  });

  test('is renewed once, however many ask at the same time', async () => {
    const { make, save, calls, endsIn } = tokens();
    save({ accessToken: 'old', accessExpiresAt: endsIn(1), refreshToken: 'r1' });
    const all = await Promise.all(Array.from({ length: 10 }, () => make().get(REQUEST)));
    expect([new Set(all.map(t => t.token)), calls.renewals]).toEqual([new Set(['new']), 1]);
  });

  test('keeps the old ID token where a renewal brings none', async () => {
    const { make, save, endsIn, stored } = tokens();
    save({ accessToken: 'old', accessExpiresAt: endsIn(1), idToken: 'id', refreshToken: 'r1' });
    await make().get(REQUEST);
    expect(stored()).toMatchObject({ accessToken: 'new', idToken: 'id' });
  });

  test('that lives is used while the issuer cannot be reached; one that ended is not', async () => {
    const { make, save, endsIn, clock } = tokens(() => {
      throw new UnreachableError('down', { code: 'down' });
    });
    save({ accessToken: 'old', accessExpiresAt: endsIn(30), refreshToken: 'r1' });
    expect((await make().get(REQUEST)).token).toBe('old');
    clock.advance(31_000);
    await expect(make().get(REQUEST)).rejects.toMatchObject({ exitCode: 6 });
  });

  test('is not asked for again for a minute after three requests without an answer', async () => {
    let isUp = false;
    const { make, save, calls, endsIn, clock } = tokens(() => {
      if (isUp) return { accessToken: 'new', accessExpiresAt: endsIn(59), refreshToken: 'r2' };
      throw new UnreachableError('the login service does not answer');
    });
    save({ accessToken: 'old', accessExpiresAt: endsIn(-1), refreshToken: 'r1' });
    const one = make();
    const times = async (count: number) => {
      for (let i = 0; i < count; i++)
        await one.get(REQUEST).catch(error => expect(error).toBeInstanceOf(UnreachableError));
      return calls.renewals;
    };
    expect(await times(5)).toBe(3);
    clock.advance(30_000);
    expect(await times(1)).toBe(3);
    clock.advance(30_000);
    // One request without an answer, and it waits again.
    expect(await times(2)).toBe(4);
    clock.advance(60_000);
    isUp = true;
    expect((await one.get(REQUEST)).token).toBe('new');
    isUp = false;
    clock.advance(60_000);
    // An answer was in between: three more are sent.
    expect(await times(5)).toBe(8);
  });

  test('whose login has ended is exit 4, and the refresh token is not tried again', async () => {
    const { make, save, endsIn, calls, stored } = tokens(() => {
      throw new AuthError('ended', { code: 'login_ended' });
    });
    save({ accessToken: 'old', accessExpiresAt: endsIn(-1), refreshToken: 'r1' });
    await expect(make().get(REQUEST)).rejects.toMatchObject({ code: 'not_logged_in', hint: 'zkubectl login' });
    await expect(make().get(REQUEST)).rejects.toMatchObject({ code: 'not_logged_in' });
    expect([calls.renewals, stored()?.refreshToken]).toEqual([1, undefined]);
  });

  test('of the environment replaces every other; one that cannot be in a header is refused and not shown', async () => {
    const { make, save, endsIn } = tokens(undefined, { ZKUBECTL_TOKEN: 'from-env' });
    save({ accessToken: 'old', accessExpiresAt: endsIn(600) });
    expect((await make().get(REQUEST)).token).toBe('from-env');
    const odd = tokens(undefined, { ZKUBECTL_TOKEN: 'canary\ntoken' }).make();
    const error = await odd.get(REQUEST).catch((e: unknown) => e);
    expect([(error as Error).message.includes('canary'), (error as AuthError).exitCode]).toEqual([false, 2]);
  });
});

test('logout forgets, and says what became of the revocation', async () => {
  const { make, save, stored } = tokens();
  save({ accessToken: 'old', refreshToken: 'r1' });
  expect(await make().logout(make().keyOf('client'))).toBe('revoked');
  expect(stored()).toBeUndefined();
  expect(await make().logout(make().keyOf('client'))).toBe('nothing');
});
