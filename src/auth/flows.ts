/**
 * The ways to log in (docs/login.md): browser, device, paste and client-credentials, behind one interface.
 * Rules: everything a person reads goes to stderr; secrets are never shown; a login through the browser opens it once, also for two clients: the
 * second authorization is a redirect of the tab that is open.
 */
import { AuthError, messageOf, UsageError } from '../errors.ts';
import { type Io, isInteractive } from '../platform/io.ts';
import { browserCommand } from '../platform/process/browser.ts';
import { tickUntil } from '../platform/terminal/countdown.ts';
import { type LoopbackListener, startLoopbackListener } from './loopback.ts';
import type { ClientIdentity, Issuer } from './oidc.ts';
import type { TokenKey, TokenSet } from './token-store.ts';

/** The grants that a login can use, as `auth.flow` names them. */
export type LoginFlow = 'browser' | 'device' | 'paste' | 'client-credentials';

export interface FlowSettings {
  readonly flow: LoginFlow;
  readonly redirectPorts: readonly number[];
  /** False: the URL is printed and no browser is started. */
  readonly openBrowser: boolean;
}

/** One login of a person, for one or more clients after each other. */
export interface LoginSession {
  login(identity: ClientIdentity, key: TokenKey): Promise<TokenSet>;
  /** Ends the session. With an error, the browser is told that it did not work. */
  close(error?: unknown): Promise<void>;
}

/** How a login tells what goes on, on stderr and with foreign strings made harmless. */
export interface LoginVoice {
  say(line: string): void;
  /** What is waited for, and how long still (milliseconds): one line that replaces itself, on a terminal alone. */
  waiting(what: string, leftMs: number): void;
}

/** What a login needs of the world. */
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

/** A browser that does not come back after a redirect within this time is opened again. */
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

  async login(identity: ClientIdentity, key: TokenKey): Promise<TokenSet> {
    this.#listener ??= startLoopbackListener(this.#settings.redirectPorts);
    const listener = await this.#listener;
    const request = await this.#issuer.authorizationRequest(identity, key, listener.redirectUri);
    const callback = listener.callback(request.state);
    const patience = new AbortController();
    const tooLate = waitShowing(this.#io, 'for the login in the browser', BROWSER_TIMEOUT_MS, patience.signal).then(
      () => {
        throw new AuthError(`nobody logged in within ${BROWSER_TIMEOUT_MS / 60_000} minutes`, {
          code: 'login_timeout',
          hint: 'run it again; on a machine without a browser: --flow device',
        });
      },
    );
    tooLate.catch(() => undefined);
    if (listener.answer({ redirect: request.url })) {
      this.#io.sleep(REDIRECT_PATIENCE_MS, patience.signal).then(
        () => this.#open(request.url, 'the browser did not come back; continue here:'),
        () => undefined,
      );
    } else {
      await this.#open(request.url, 'log in here:');
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

  async #open(url: URL, words: string): Promise<void> {
    const io = this.#io;
    io.say(`${words} ${url.href}`);
    if (!this.#settings.openBrowser) return;
    try {
      await io.openBrowser(await browserCommand(io), url.href);
    } catch (error) {
      io.say(`zkubectl: warning: no browser could be started (${messageOf(error)}): open the address above yourself`);
    }
  }

  async close(error?: unknown): Promise<void> {
    if (this.#listener === undefined) return;
    const listener = await this.#listener.catch(() => undefined);
    listener?.answer(error === undefined ? {} : { error: 'The login was refused or could not be finished.' });
    await listener?.close();
  }
}

/** Waits, and says on a terminal how long it still does. */
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
    throw new UsageError('--flow paste needs a terminal to paste into', {
      code: 'needs_terminal',
      hint: 'use --flow device, or in a CI job --flow client-credentials or ZKUBECTL_TOKEN_FILE',
    });
  }
  const port = settings.redirectPorts.find(p => p !== 0) ?? PASTE_PORT;
  const redirectUri = `http://127.0.0.1:${port}/callback`;
  const request = await issuer.authorizationRequest(identity, key, redirectUri);
  io.say(`log in here, on any machine: ${request.url.href}`);
  io.say('the browser will then fail to open a page on 127.0.0.1: copy that address');
  const pasted = (await io.prompt.input('paste the address here:')).trim();
  const query = pasted.includes('?') ? pasted.slice(pasted.indexOf('?')) : '';
  const callback = new URL(redirectUri);
  callback.search = query;
  if (
    !callback.searchParams.has('state') ||
    !(callback.searchParams.has('code') || callback.searchParams.has('error'))
  ) {
    throw new AuthError('that is not the address of a finished login: it has no code and state', {
      code: 'bad_paste',
      hint: 'copy the whole address from the browser, from http to the end',
    });
  }
  return issuer.codeGrant(identity, request, callback);
}

async function clientCredentialsLogin(issuer: Issuer, identity: ClientIdentity, key: TokenKey): Promise<TokenSet> {
  if (identity.secret === undefined) {
    throw new UsageError('--flow client-credentials needs the secret of the client', {
      code: 'no_client_secret',
      hint: 'set ZKUBECTL_AUTH_CLIENT_SECRET or ZKUBECTL_AUTH_CLIENT_SECRET_FILE',
    });
  }
  return issuer.clientCredentialsGrant(identity, key);
}
