/** The state of the sandbox's issuer: its keys and the records of oidc-provider, in a JSON document. */
import { randomBytes, webcrypto } from 'node:crypto';
import type { JSONWebKeySet } from 'jose';
import type { Adapter, AdapterPayload } from 'oidc-provider';
import { clientMetadata } from './clients.ts';
import type { JsonDocument } from './documents.ts';

export interface IssuerState {
  jwks: { keys: Record<string, unknown>[] };
  cookieKey: string;
  clientSecret: string;
  /** oidc-provider's own records by model and id. */
  records: Record<string, { payload: AdapterPayload; expiresAt: number | undefined }>;
}

export async function newIssuerState(): Promise<IssuerState> {
  const keys = await webcrypto.subtle.generateKey(
    { name: 'RSASSA-PKCS1-v1_5', modulusLength: 2048, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' },
    true,
    ['sign', 'verify'],
  );
  const jwk = await webcrypto.subtle.exportKey('jwk', keys.privateKey);
  return {
    jwks: {
      keys: [
        {
          kty: jwk.kty,
          n: jwk.n,
          e: jwk.e,
          d: jwk.d,
          p: jwk.p,
          q: jwk.q,
          dp: jwk.dp,
          dq: jwk.dq,
          qi: jwk.qi,
          alg: 'RS256',
          use: 'sig',
          kid: randomBytes(8).toString('hex'),
        },
      ],
    },
    cookieKey: randomBytes(32).toString('hex'),
    clientSecret: randomBytes(24).toString('base64url'),
    records: {},
  };
}

/** The public half of the keys. */
export function publicJwks(state: IssuerState): JSONWebKeySet {
  return {
    keys: state.jwks.keys.map(({ kty, n, e, alg, use, kid }) => ({ kty, n, e, alg, use, kid })),
  } as JSONWebKeySet;
}

export interface IssuerSettings {
  readonly url: string;
  readonly state: JsonDocument<IssuerState>;
  readonly now: () => Date;
  readonly tokenTtlSeconds: number;
  /** The groups of a user for a client's token, and the earliest expiry of the user's grants among them (milliseconds). */
  readonly groupsOf: (user: string, clientId: string) => { groups: string[]; until: number | undefined };
  /** The user of a valid access token of the platform. */
  readonly subjectOf: (token: string) => Promise<string | undefined>;
  readonly isCluster: (alias: string) => boolean;
}

/** Stores oidc-provider's records in the sandbox's state. */
export class StateAdapter implements Adapter {
  readonly #model: string;
  readonly #settings: IssuerSettings;

  constructor(model: string, settings: IssuerSettings) {
    this.#model = model;
    this.#settings = settings;
  }

  get #records() {
    return this.#settings.state.value.records;
  }

  #now(): number {
    return this.#settings.now().getTime();
  }

  #key(id: string): string {
    return `${this.#model}:${id}`;
  }

  async upsert(id: string, payload: AdapterPayload, expiresIn: number): Promise<void> {
    for (const [key, { expiresAt }] of Object.entries(this.#records)) {
      if (expiresAt !== undefined && expiresAt <= this.#now()) delete this.#records[key];
    }
    this.#records[this.#key(id)] = { payload, expiresAt: expiresIn ? this.#now() + expiresIn * 1000 : undefined };
    this.#settings.state.changed();
  }

  async find(id: string): Promise<AdapterPayload | undefined> {
    if (this.#model === 'Client') return clientMetadata(id, this.#settings);
    return this.#live(this.#records[this.#key(id)]);
  }

  #live(record: IssuerState['records'][string] | undefined): AdapterPayload | undefined {
    if (record === undefined || (record.expiresAt !== undefined && record.expiresAt <= this.#now())) return undefined;
    return record.payload;
  }

  async #findBy(field: 'uid' | 'userCode', value: string): Promise<AdapterPayload | undefined> {
    const entry = Object.entries(this.#records).find(
      ([key, { payload }]) => key.startsWith(`${this.#model}:`) && payload[field] === value,
    );
    return this.#live(entry?.[1]);
  }

  findByUid(uid: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('uid', uid);
  }

  findByUserCode(userCode: string): Promise<AdapterPayload | undefined> {
    return this.#findBy('userCode', userCode);
  }

  async consume(id: string): Promise<void> {
    const record = this.#records[this.#key(id)];
    if (record) record.payload['consumed'] = Math.floor(this.#now() / 1000);
    this.#settings.state.changed();
  }

  async destroy(id: string): Promise<void> {
    delete this.#records[this.#key(id)];
    this.#settings.state.changed();
  }

  async revokeByGrantId(grantId: string): Promise<void> {
    for (const [key, { payload }] of Object.entries(this.#records))
      if (payload.grantId === grantId) delete this.#records[key];
    this.#settings.state.changed();
  }
}
