import { createPrivateKey, createPublicKey } from 'node:crypto';
import { calculateJwkThumbprint, exportJWK, importPKCS8, type JSONWebKeySet, SignJWT } from 'jose';
import { accessTokenSeconds } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

export type AccessTokens = {
  /** A signed access token for one session of `user`. */
  sign(user: User, sessionId: string): Promise<string>;
  /** The public keys, RFC 7517, for everybody who verifies tokens. */
  readonly jwks: JSONWebKeySet;
};

/**
 * Access tokens: JWTs signed with Ed25519. `privateKeyPem` is PKCS #8; `kid` is the key's thumbprint (RFC 7638), so that
 * a verifier finds a new key by itself.
 */
export async function createAccessTokens(options: {
  privateKeyPem: string;
  issuer: string;
  audience: string;
}): Promise<AccessTokens> {
  const privateKey = await importPKCS8(options.privateKeyPem, 'EdDSA');
  const publicJwk = await exportJWK(createPublicKey(createPrivateKey(options.privateKeyPem)));
  const kid = await calculateJwkThumbprint(publicJwk);
  return {
    sign: (user, sessionId) =>
      new SignJWT({ tenant: user.tenantId, role: user.role, sid: sessionId })
        .setProtectedHeader({ alg: 'EdDSA', kid, typ: 'at+jwt' })
        .setIssuer(options.issuer)
        .setAudience(options.audience)
        .setSubject(user.id)
        .setIssuedAt()
        .setExpirationTime(`${accessTokenSeconds}s`)
        .sign(privateKey),
    jwks: { keys: [{ ...publicJwk, kid, alg: 'EdDSA', use: 'sig' }] },
  };
}
