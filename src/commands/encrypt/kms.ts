/**
 * The account's KMS key. The AWS SDK is loaded only to encrypt or decrypt. Its requests go through our own HTTP client: the same CA file,
 * proxies and deadlines. Credentials are the SDK's own (environment, profiles, SSO, the pod's role).
 */
import { Readable } from 'node:stream';
import { AuthError, CliError, ForbiddenError, messageOf, UnreachableError } from '../../errors.ts';
import { oneLine } from '../../lib/one-line.ts';
import type { HttpClient } from '../../platform/net/http-types.ts';

const SERVICE = 'AWS KMS';
/** What KMS encrypts at most (API reference, Encrypt). */
export const MAX_PLAINTEXT_BYTES = 4096;

export interface Kms {
  encrypt(keyId: string, plaintext: Uint8Array): Promise<Uint8Array>;
  decrypt(ciphertext: Uint8Array): Promise<Uint8Array>;
}

export async function createKms(http: HttpClient, region: string): Promise<Kms> {
  const { DecryptCommand, EncryptCommand, KMSClient } = await import('@aws-sdk/client-kms');
  const client = new KMSClient({ region, maxAttempts: 2, requestHandler: handlerOf(http) });
  const bytes = (value: Uint8Array | undefined) => {
    if (value !== undefined) return value;
    throw new UnreachableError(`${SERVICE} returned an invalid response`, { code: 'bad_answer' });
  };
  return {
    encrypt: async (KeyId, Plaintext) =>
      bytes((await client.send(new EncryptCommand({ KeyId, Plaintext })).catch(translate)).CiphertextBlob),
    decrypt: async CiphertextBlob =>
      bytes((await client.send(new DecryptCommand({ CiphertextBlob })).catch(translate)).Plaintext),
  };
}

/** A request of the SDK, with only the fields that are used here. */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

function handlerOf(http: HttpClient) {
  return {
    handle: async (request: AwsRequest) => {
      const port = request.port === undefined ? '' : `:${request.port}`;
      const response = await http.exchange(SERVICE, {
        method: 'POST',
        url: `${request.protocol}//${request.hostname}${port}${request.path}`,
        headers: request.headers,
        body: typeof request.body === 'string' ? request.body : Buffer.from(request.body ?? '').toString('utf8'),
      });
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
      );
      return { response: { statusCode: response.status, headers, body: Readable.from([response.body]) } };
    },
  } as never;
}

function translate(error: unknown): never {
  if (error instanceof CliError) throw error;
  const name = error instanceof Error ? error.name : '';
  const said = oneLine(messageOf(error));
  const options = { code: `kms_${name.toLowerCase()}`, cause: error };
  if (
    /^(CredentialsProviderError|TokenProviderError|ExpiredToken.*|UnrecognizedClient.*|InvalidSignature.*)$/.test(name)
  )
    throw new AuthError(`not logged in to AWS: ${said}`, {
      ...options,
      hint: 'log in to the AWS account, for example: aws sso login',
    });
  if (/^AccessDenied/.test(name)) throw new ForbiddenError(`${SERVICE}: ${said}`, options);
  if (
    /^(NotFoundException|InvalidCiphertextException|IncorrectKeyException|DisabledException|KMSInvalidStateException)$/.test(
      name,
    )
  )
    throw new CliError(`${SERVICE}: ${name}${said && said !== name ? `: ${said}` : ''}`, options);
  throw new UnreachableError(`the request to ${SERVICE} failed: ${said || name}`, options);
}
