import { createCipheriv, createDecipheriv, createSecretKey, hash, randomBytes } from 'node:crypto';

/** Encrypts what must be read again (AES-256-GCM), so that it opens here, unchanged, and for the same purpose only. */
export type Seals = {
  seal(text: string, purpose: string): string;
  /** Null for anything that was not sealed here, unchanged, for this purpose. */
  open(sealed: string, purpose: string): string | null;
  /** Whether it was sealed with another key than the one of today. */
  isDated(sealed: string): boolean;
  /** The name of today's key. */
  readonly newest: string;
};

const ivBytes = 12;
const tagBytes = 16;

/** `keys`: 32 bytes each, the newest first: it seals, and all of them open. A sealed text is `key's name.base64url`. */
export function createSeals(keys: readonly Buffer[]): Seals {
  // Made once: given the bytes, Node makes a key of them each time, which takes it longer than to encrypt a line.
  const named = keys.map((key) => ({ name: hash('sha256', key).slice(0, 8), key: createSecretKey(key) }));
  const [newest] = named;
  if (newest === undefined) throw new Error('nothing can be sealed without a key');
  return {
    seal(text, purpose) {
      const iv = randomBytes(ivBytes);
      const cipher = createCipheriv('aes-256-gcm', newest.key, iv).setAAD(Buffer.from(purpose));
      const sealed = Buffer.concat([iv, cipher.update(text, 'utf8'), cipher.final()]);
      return `${newest.name}.${Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url')}`;
    },
    open(sealed, purpose) {
      const [name, body = ''] = sealed.split('.');
      const bytes = Buffer.from(body, 'base64url');
      const key = named.find((each) => each.name === name)?.key;
      if (key === undefined || bytes.length < ivBytes + tagBytes) return null;
      const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivBytes), { authTagLength: tagBytes })
        .setAAD(Buffer.from(purpose))
        .setAuthTag(bytes.subarray(-tagBytes));
      try {
        const text = decipher.update(bytes.subarray(ivBytes, -tagBytes));
        return Buffer.concat([text, decipher.final()]).toString('utf8');
      } catch {
        return null;
      }
    },
    newest: newest.name,
    isDated: (sealed) => !sealed.startsWith(`${newest.name}.`),
  };
}
