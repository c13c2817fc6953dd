import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';

const keyPattern = /^[a-z0-9-]{1,63}\/[0-9a-f-]{36}\/([0-9a-f]{64})\.(?:pdf|json)$/;
const tenantPattern = /^[a-z0-9-]{1,63}$/;

/** The hex SHA-256 that a key (`tenant/deal/checksum.pdf`, or `.json`) names; null for anything that is no key. */
export function checksumIn(key: string): string | null {
  return keyPattern.exec(key)?.[1] ?? null;
}

/** The same for a key that must be one. Throws for any other form: it never becomes a path. */
export function checksumOf(key: string): string {
  const checksum = checksumIn(key);
  if (checksum === null) throw new Error(`not a storage key: ${key}`);
  return checksum;
}

/** The part of a key that is a tenant's, with its slash. Throws for what is no tenant's id: it never becomes a path. */
export function folderOf(tenantId: string): string {
  if (!tenantPattern.test(tenantId)) throw new Error(`not a tenant of the storage: ${tenantId}`);
  return `${tenantId}/`;
}

/** Throws when the checksum that bytes have is not the one they should have. */
export function refuseOther(checksum: string, found: string): void {
  if (found !== checksum) throw new Error(`the bytes have the SHA-256 ${found}, not ${checksum}`);
}

/**
 * Passes bytes through and fails at their end when they are not those of `checksum` (hex SHA-256). The last piece is held
 * back until that is known: nobody behind it ever has all of a file that is not the right one.
 */
export function onlyWhole(checksum: string): Transform {
  const hash = createHash('sha256');
  let held: Buffer | null = null;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      const before = held;
      held = chunk;
      done(null, before);
    },
    flush(done) {
      try {
        refuseOther(checksum, hash.digest('hex'));
        done(null, held);
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    },
  });
}
