import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, type JSONWebKeySet, type JWK, SignJWT } from 'jose';
import { accessTokenSeconds } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import type { SigningKeys } from './signing-keys.ts';

export type AccessTokens = {
  /** A signed access token for one session of `user`. */
  sign(user: User, sessionId: string): Promise<string>;
  /** The public keys, RFC 7517, for everybody who verifies tokens: of all replicas, and of those that signed lately. */
  jwks(): Promise<JSONWebKeySet>;
  /** Publishes the keys of this process, or says that they are still in use; once a minute. Before the first time none signs. */
  publish(): Promise<void>;
};

type Own = { readonly kid: string; readonly privateKey: KeyObject; readonly publicJwk: JWK & { kid: string } };

/** A new key signs when whoever verifies had this long to see it: gateways read the keys again for one they do not know. */
export const settledAfterMs = 60_000;

/**
 * Access tokens: JWTs signed with Ed25519. `privateKeyPems` are PKCS #8, the newest first; `kid` is the key's thumbprint
 * (RFC 7638), so that a verifier finds a new key by itself. The newest key that has been published for a minute signs, and
 * while there is none the oldest. One that is given no more stays published until what it has signed has expired.
 */
export async function createAccessTokens(options: {
  privateKeyPems: readonly string[];
  issuer: string;
  audience: string;
  keys: SigningKeys;
}): Promise<AccessTokens> {
  const own = await Promise.all(options.privateKeyPems.map(toOwn));
  /** When each of ours was published, by `performance.now()`. */
  const publishedAtMs = new Map<string, number>();
  let known: JWK[] = own.map(({ publicJwk }) => publicJwk);
  const signer = (): Own => {
    const settledBy = performance.now() - settledAfterMs;
    const settled = own.find(({ kid }) => (publishedAtMs.get(kid) ?? Number.POSITIVE_INFINITY) <= settledBy);
    const key = settled ?? own.at(-1);
    if (key === undefined || publishedAtMs.size === 0) throw new Error('no key is published to sign with');
    return key;
  };
  return {
    sign(user, sessionId) {
      const { kid, privateKey } = signer();
      return new SignJWT({ tenant: user.tenantId, role: user.role, sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
        .setIssuer(options.issuer)
        .setAudience(options.audience)
        .setSubject(user.id)
        .setIssuedAt()
        .setExpirationTime(`${accessTokenSeconds}s`)
        .sign(privateKey);
    },
    async jwks() {
      // With the database away, as it was known last: those who verify must not lose what they can verify with.
      known = await options.keys.published().catch(() => known);
      return { keys: known };
    },
    async publish() {
      const ages = await options.keys.publish(own.map(({ publicJwk }) => publicJwk));
      const nowMs = performance.now();
      for (const [kid, ageMs] of ages) publishedAtMs.set(kid, nowMs - ageMs);
    },
  };
}

async function toOwn(pem: string): Promise<Own> {
  const privateKey = createPrivateKey(pem);
  const publicJwk = await exportJWK(createPublicKey(privateKey));
  const kid = await calculateJwkThumbprint(publicJwk);
  return { kid, privateKey, publicJwk: { ...publicJwk, kid, alg: 'EdDSA', use: 'sig' } };
}
