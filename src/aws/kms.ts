/** The account's KMS key. The AWS SDK is loaded only to encrypt or decrypt. */
import { UnreachableError } from '../errors.ts';
import type { HttpClient } from '../platform/net/http-types.ts';
import type { AwsCredentials } from './credentials.ts';
import { requestHandler, translate } from './sdk.ts';

const SERVICE = 'AWS KMS';
/** What KMS encrypts at most (API reference, Encrypt). */
export const MAX_PLAINTEXT_BYTES = 4096;

export interface Kms {
  encrypt(keyId: string, plaintext: Uint8Array): Promise<Uint8Array>;
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
}

/** @param credentials undefined: the SDK's own (environment, profiles, SSO, the pod's role) */
export async function createKms(
  http: HttpClient,
  region: string,
  credentials: AwsCredentials | undefined,
): Promise<Kms> {
  const { DecryptCommand, EncryptCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({
    region,
    maxAttempts: 2,
    requestHandler: requestHandler(http, SERVICE),
    ...(credentials && { credentials: { ...credentials, expiration: credentials.expiresAt } }),
  });
  const bytes = (value: Uint8Array | undefined) => {
    if (value !== undefined) return value;
    throw new UnreachableError(`${SERVICE} returned an invalid response`, { code: 'bad_answer' });
  };
  return {
    encrypt: async (KeyId, Plaintext) =>
      bytes((await client.send(new EncryptCommand({ KeyId, Plaintext })).catch(translate(SERVICE))).CiphertextBlob),
    decrypt: async CiphertextBlob =>
      bytes((await client.send(new DecryptCommand({ CiphertextBlob })).catch(translate(SERVICE))).Plaintext),
  };
}
