/** Digests and random names. node:crypto is loaded when one is asked for: it is a good part of a start, and most need none. */

const crypto = () => process.getBuiltinModule('node:crypto');

const FNV_PRIME = 0x01000193;
const FNV_BASES = [0x811c9dc5, 0x9e3779b9, 0x85ebca6b, 0xc2b2ae35];

/**
 * A name for a file that belongs to a text: 32 hex digits, by four runs of FNV-1a from different bases. For files that say inside whose they are, or whose
 * mix-up does no harm: it is no digest, and two texts can be made to share a name.
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

/** CRC-32, as 8 hex digits: tells damage, not malice. */
export function checksum(data: Uint8Array): string {
  return process.getBuiltinModule('node:zlib').crc32(data).toString(16).padStart(8, '0');
}

/** Twelve hex digits for a name that nobody else has just now. No secret: it could be guessed. */
export function uniqueHex(): string {
  return Math.floor(Math.random() * 2 ** 48)
    .toString(16)
    .padStart(12, '0');
}
