/** Digests, random names and secrets. node:crypto is loaded lazily: it takes a large part of the start-up time, and most commands do not need it. */

const crypto = () => process.getBuiltinModule('node:crypto');

const FNV_PRIME = 0x01000193;
const FNV_BASES = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];

/**
 * A file name for a text: 32 hex digits, from four runs of FNV-1a with different bases. It is not a cryptographic digest: two texts with the same
 * name can be constructed. Use it only for files that contain their own key, or when a collision does no harm.
 */
export function fileNameFor(text: string): string {
  return FNV_BASES.map(base => {
    let hash = base;
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), FNV_PRIME);
    return (hash >>> 0).toString(16).padStart(8, '0');
  }).join('');
}

/** SHA-256 in hex: 64 digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return crypto().createHash('sha256').update(data).digest('hex');
}

/** CRC-32 as 8 hex digits. It detects damage, not manipulation. */
export function checksum(data: Uint8Array): string {
  return process.getBuiltinModule('node:zlib').crc32(data).toString(16).padStart(8, '0');
}

/** Twelve hex digits for a unique name. Not a secret: it can be guessed. */
export function uniqueHex(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}

/** A new secret: 256 random bits in base64url, 43 characters. */
export function randomToken(): string {
  return crypto().randomBytes(32).toString('base64url');
}

/** Compares a text with a secret in constant time. */
export function isEqualSecret(text: string, secret: string): boolean {
  const [left, right] = [Buffer.from(text), Buffer.from(secret)];
  return left.length === right.length && crypto().timingSafeEqual(left, right);
}
