/**
 * The login flows (docs/login.md): browser, device, paste and client-credentials, behind one interface.
 * Rules: messages go to stderr. Secrets are never shown. A browser login opens one tab, also for several clients: each further
 * authorization request is a redirect of that tab.
 */
import { AuthError, messageOf, UsageError } from '../errors.ts';
import { type RedirectTarget, redirectUriOf } from '../lib/redirect-url.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import { browserCommand } from '../platform/process/browser.ts';
import { tickUntil } from '../platform/terminal/countdown.ts';
import { type LoopbackListener, startLoopbackListener } from './loopback.ts';
import type { ClientIdentity, Issuer } from './oidc.ts';
import type { LoginProgress } from './pages.ts';
import type { TokenKey, TokenSet } from './token-store.ts';

/** The login flows, named as in `auth.flow`. */
export type LoginFlow = 'browser' | 'device' | 'paste' | 'client-credentials';

export interface FlowSettings {
  readonly flow: LoginFlow;
  /** `auth.redirect_url`. */
  readonly redirect: RedirectTarget;
  readonly redirectPorts: readonly number[];
  /** False: print the URL and do not start a browser. */
  readonly openBrowser: boolean;
}

/** One login of a user, for one or more clients in sequence. */
export interface LoginSession {
  /** @param progress one of many logins: the browser shows how far they are */
  login(identity: ClientIdentity, key: TokenKey, progress?: LoginProgress): Promise<TokenSet>;
  /** Ends the session. With an error, the browser shows that the login failed. */
  close(error?: unknown): Promise<void>;
}

/** Progress messages of a login: on stderr, with control characters escaped. */
export interface LoginVoice {
  say(line: string): void;
  /** Shows what the login waits for and the time left (milliseconds), as one line that updates itself. Terminal only. */
  waiting(what: string, leftMs: number): void;
}

/** The parts of Io that a login uses. */
type FlowIo = Pick<Io, 'signal' | 'env' | 'platform' | 'self' | 'openBrowser' | 'isTTY' | 'prompt' | 'sleep' | 'now'> &
  LoginVoice;

export function startLogin(
  world: Omit<FlowIo, keyof LoginVoice>,
  voice: LoginVoice,
  issuer: Issuer,
  settings: FlowSettings,
): LoginSession {
  const { signal, env, platform, self, isTTY, prompt } = world;
  const io: FlowIo = {
    signal,
    env,
    platform,
    self,
    isTTY,
    prompt,
    say: line => voice.say(line),
    waiting: (what, leftMs) => voice.waiting(what, leftMs),
    now: () => world.now(),
    openBrowser: (argv, url) => world.openBrowser(argv, url),
    sleep: (ms, s) => world.sleep(ms, s),
  };
  switch (settings.flow) {
    case 'browser':
      return new BrowserSession(io, issuer, settings);
    case 'device':
      return { login: (identity, key) => deviceLogin(io, issuer, identity, key), close: async () => undefined };
    case 'paste':
      return {
        login: (identity, key) => pasteLogin(io, issuer, settings, identity, key),
        close: async () => undefined,
      };
    case 'client-credentials':
      return {
        login: (identity, key) => clientCredentialsLogin(issuer, identity, key),
        close: async () => undefined,
      };
  }
}

/** If the browser does not return from a redirect within this time, it is opened again. */
const REDIRECT_PATIENCE_MS = 10_000;
const BROWSER_TIMEOUT_MS = 10 * 60_000;

class BrowserSession implements LoginSession {
  readonly #io: FlowIo;
  readonly #issuer: Issuer;
  readonly #settings: FlowSettings;
  #listener: Promise<LoopbackListener> | undefined;

  constructor(io: FlowIo, issuer: Issuer, settings: FlowSettings) {
    this.#io = io;
    this.#issuer = issuer;
    this.#settings = settings;
  }

  async login(identity: ClientIdentity, key: TokenKey, progress?: LoginProgress): Promise<TokenSet> {
    this.#listener ??= startLoopbackListener(this.#settings.redirectPorts, this.#settings.redirect);
    const listener = await this.#listener;
    const request = await this.#issuer.authorizationRequest(identity, key, listener.redirectUri);
    const callback = listener.callback(request.state);
    const patience = new AbortController();
    const tooLate = waitShowing(this.#io, 'for the login in the browser', BROWSER_TIMEOUT_MS, patience.signal).then(
      () => {
        throw new AuthError(`the login timed out after ${BROWSER_TIMEOUT_MS / 60_000} minutes`, {
          code: 'login_timeout',
          hint: 'run it again; without a browser: zkubectl login --flow device',
        });
      },
    );
    tooLate.catch(() => undefined);
    if (listener.answer({ redirect: request.url, progress })) {
      this.#io.sleep(REDIRECT_PATIENCE_MS, patience.signal).then(
        () => this.#open(request.url, 'the browser did not follow the redirect; '),
        () => undefined,
      );
    } else if (await this.#open(request.url)) {
      this.#io.sleep(REDIRECT_PATIENCE_MS, patience.signal).then(
        () => this.#io.say(`if no browser opened, log in here: ${request.url.href}`),
        () => undefined,
      );
    }
    try {
      return await this.#issuer.codeGrant(
        identity,
        request,
        await orAborted(Promise.race([callback, tooLate]), this.#io.signal),
      );
    } finally {
      patience.abort();
    }
  }

  /** Opens the browser. True: it was opened, and the address is not shown yet. */
  async #open(url: URL, why = ''): Promise<boolean> {
    const io = this.#io;
    const show = (words: string) => io.say(`${words}log in here: ${url.href}`);
    if (!this.#settings.openBrowser) return this.#shown(() => show(why));
    try {
      await io.openBrowser(await browserCommand(io), url.href);
    } catch (error) {
      return this.#shown(() => show(`cannot start a browser: ${messageOf(error)}; `));
    }
    // In a log, nobody waits for the address.
    if (!io.isTTY.stderr) return this.#shown(() => show(why));
    io.say(`${why}opened the browser to log in at ${url.host}; waiting for it`);
    return true;
  }

  #shown(show: () => void): boolean {
    show();
    return false;
  }

  async close(error?: unknown): Promise<void> {
    if (this.#listener === undefined) return;
    const listener = await this.#listener.catch(() => undefined);
    listener?.answer(error === undefined ? {} : { error: 'The login was refused or failed.' });
    await listener?.close();
  }
}

/** Waits, and shows the time left on a terminal. */
function waitShowing(io: FlowIo, what: string, ms: number, signal: AbortSignal): Promise<void> {
  if (!io.isTTY.stderr) return io.sleep(ms, signal);
  return tickUntil(io, io.now().getTime() + ms, left => io.waiting(what, left), signal);
}

function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason);
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}

async function deviceLogin(io: FlowIo, issuer: Issuer, identity: ClientIdentity, key: TokenKey): Promise<TokenSet> {
  const device = await issuer.deviceAuthorization(identity, key);
  io.say(`open ${device.verificationUri} on any device and enter the code: ${device.userCode}`);
  if (device.verificationUriComplete) io.say(`or open ${device.verificationUriComplete}`);
  const over = new AbortController();
  io.say(`waiting for you to confirm (${Math.round(device.expiresInSeconds / 60)} min) …`);
  waitShowing(io, `for you to enter ${device.userCode}`, device.expiresInSeconds * 1000, over.signal).catch(
    () => undefined,
  );
  try {
    return await issuer.deviceGrant(identity, device, io.signal);
  } finally {
    over.abort();
  }
}

const PASTE_PORT = 8000;

async function pasteLogin(
  io: FlowIo,
  issuer: Issuer,
  settings: FlowSettings,
  identity: ClientIdentity,
  key: TokenKey,
): Promise<TokenSet> {
  if (!isInteractive(io)) {
    throw new UsageError('--flow paste needs a terminal', {
      code: 'needs_terminal',
      hint: 'use --flow device, or in a CI job --flow client-credentials or ZKUBECTL_TOKEN_FILE',
    });
  }
  const port = settings.redirect.port ?? settings.redirectPorts.find(p => p !== 0) ?? PASTE_PORT;
  const redirectUri = redirectUriOf(settings.redirect, port);
  const request = await issuer.authorizationRequest(identity, key, redirectUri);
  io.say(`log in here, on any machine: ${request.url.href}`);
  io.say(`after the login, the browser cannot open a page on ${settings.redirect.hostname}: copy the URL of that page`);
  const pasted = (await io.prompt.input('paste the URL here:')).trim();
  const query = pasted.includes('?') ? pasted.slice(pasted.indexOf('?')) : '';
  const callback = new URL(redirectUri);
  callback.search = query;
  if (
    !callback.searchParams.has('state') ||
    !(callback.searchParams.has('code') || callback.searchParams.has('error'))
  ) {
    throw new AuthError('not a redirect URL: it has no code and no state', {
      code: 'bad_paste',
      hint: 'copy the full URL from the browser, from http to the end',
    });
  }
  return issuer.codeGrant(identity, request, callback);
}

async function clientCredentialsLogin(issuer: Issuer, identity: ClientIdentity, key: TokenKey): Promise<TokenSet> {
  if (identity.secret === undefined) {
    throw new UsageError('--flow client-credentials needs the client secret', {
      code: 'no_client_secret',
      hint: 'set ZKUBECTL_AUTH_CLIENT_SECRET or ZKUBECTL_AUTH_CLIENT_SECRET_FILE',
    });
  }
  return issuer.clientCredentialsGrant(identity, key);
}
