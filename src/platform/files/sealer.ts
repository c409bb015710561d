/**
 * Encrypts the content of files: AES-256-GCM (NIST SP 800-38D), a fresh 96-bit nonce each time. The name of the file is authenticated too, so that the
 * content of one file cannot take the place of another's.
 */
import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';

/** Bytes of the key. */
export const KEY_BYTES = 32;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export interface Sealer {
  /** @param name the file's name. Returns base64: nonce, ciphertext, tag. */
  seal(text: string, name: string): string;
  /** Undefined: the text was sealed with another key or for another name, or it was changed. */
  open(sealed: string, name: string): string | undefined;
}

/** @param key 32 bytes */
export function createSealer(key: Uint8Array): Sealer {
  return {
    seal: (text, name) => {
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(name));
      return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString(
        'base64',
      );
    },
    open: (sealed, name) => {
      const bytes = Buffer.from(sealed, 'base64');
      if (bytes.length < NONCE_BYTES + TAG_BYTES) return undefined;
      try {
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(name))
          .setAuthTag(bytes.subarray(-TAG_BYTES));
        const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
  };
}
