/** The AWS SDK on our own HTTP client: the same CA file, proxies and deadlines. Its errors are converted here only. */
import { Readable } from 'node:stream';
import { AuthError, CliError, ForbiddenError, messageOf, UnreachableError } from '../errors.ts';
import { oneLine } from '../lib/one-line.ts';
import type { HttpClient } from '../platform/net/http-types.ts';

/** A request of the SDK, with only the fields that are used here. */
interface AwsRequest {
  readonly protocol: string;
  readonly hostname: string;
  readonly port?: number;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body?: string | Uint8Array;
}

/** The SDK's requestHandler. @param service the service's name for messages. @param secret removed from answers: a service may echo it */
export function requestHandler(http: HttpClient, service: string, secret?: string) {
  return {
    handle: async (request: AwsRequest) => {
      const port = request.port === undefined ? '' : `:${request.port}`;
      const response = await http.exchange(service, {
        method: 'POST',
        url: `${request.protocol}//${request.hostname}${port}${request.path}`,
        headers: request.headers,
        body: typeof request.body === 'string' ? request.body : Buffer.from(request.body ?? '').toString('utf8'),
      });
      const headers = Object.fromEntries(
        Object.entries(response.headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]),
      );
      return {
        response: { statusCode: response.status, headers, body: Readable.from([without(response.body, secret)]) },
      };
    },
  } as never;
}

function without(body: Buffer, secret: string | undefined): Buffer {
  if (!secret || !body.includes(secret)) return body;
  return Buffer.from(body.toString('utf8').replaceAll(secret, '…'));
}

/** Converts an error of the SDK. @param service the service's name, such as `AWS KMS` */
export function translate(service: string): (error: unknown) => never {
  return error => {
    throw translated(service, error);
  };
}

function translated(service: string, error: unknown): CliError {
  if (error instanceof CliError) return error;
  const name = error instanceof Error ? error.name : '';
  const said = oneLine(messageOf(error));
  const options = { code: `${service.split(' ').at(-1)?.toLowerCase()}_${name.toLowerCase()}`, cause: error };
  if (TOKEN_ERRORS.test(name))
    return new AuthError(`${service} refused the ID token: ${said}`, {
      ...options,
      hint: 'log in again: zkubectl login; if that does not help, the AWS account does not trust the issuer as an identity provider',
    });
  if (LOGIN_ERRORS.test(name))
    return new AuthError(`not logged in to AWS: ${said}`, {
      ...options,
      hint: 'log in to the AWS account, for example: zkubectl aws login, or: aws sso login',
    });
  if (/^AccessDenied/.test(name)) return new ForbiddenError(`${service}: ${said}`, options);
  if (REFUSALS.test(name))
    return new CliError(`${service}: ${name}${said && said !== name ? `: ${said}` : ''}`, options);
  return new UnreachableError(`the request to ${service} failed: ${said || name}`, options);
}

const LOGIN_ERRORS =
  /^(CredentialsProviderError|TokenProviderError|ExpiredToken.*|UnrecognizedClient.*|InvalidSignature.*)$/;
/** The ID token that STS got. */
const TOKEN_ERRORS = /^(InvalidIdentityToken.*|IDPRejectedClaim.*)$/;
const REFUSALS =
  /^(NotFoundException|InvalidCiphertextException|IncorrectKeyException|DisabledException|KMSInvalidStateException|ValidationError|MalformedPolicyDocument.*|PackedPolicyTooLarge.*|RegionDisabled.*)$/;
