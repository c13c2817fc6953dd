import { createHash, timingSafeEqual } from 'node:crypto';

/** Hex SHA-256 of a secret of at least 32 random bytes; such a secret needs no slow hash. */
export function hashSecret(secret: string): string {
  return createHash('sha256').update(secret, 'utf8').digest('hex');
}

/** Whether two hex digests are equal, in constant time. */
export function sameDigest(a: string, b: string): boolean {
  const left = Buffer.from(a, 'hex');
  const right = Buffer.from(b, 'hex');
  return left.length === right.length && timingSafeEqual(left, right);
}

/** A refresh token is `session id.secret`: the id finds the row, the secret proves the owner. `null` for any other form. */
export function splitRefreshToken(token: string): { sessionId: string; secret: string } | null {
  const match = /^([0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\.([A-Za-z0-9_-]{43})$/.exec(token);
  return match?.[1] === undefined || match[2] === undefined ? null : { sessionId: match[1], secret: match[2] };
}
