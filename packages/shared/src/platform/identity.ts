import { createPrivateKey, sign } from 'node:crypto';
import { importSPKI, jwtVerify } from 'jose';
import { z } from 'zod';
import { roleSchema } from '../contracts/permissions.ts';
import type { ServiceName } from '../contracts/routes.ts';

/** The header in which the gateway tells a service who is calling. A client's own is dropped at the door. */
export const identityHeader = 'x-uw-identity';

const issuer = 'uw-wizard-gateway';
const lifetimeSeconds = 30;
const expected = { algorithms: ['EdDSA'], issuer, requiredClaims: ['exp'] };

const claimsSchema = z.object({
  /** `user` and `key` have a tenant and a role; `provider`, `anonymous` and the gateway itself have neither. */
  kind: z.enum(['user', 'key', 'provider', 'anonymous', 'gateway']),
  tenant: z.string().optional(),
  sub: z.string(),
  role: roleSchema.optional(),
  session: z.string().optional(),
  /** The user has a temporary password, and may do nothing but change it. */
  must_change_password: z.literal(true).optional(),
  rid: z.string(),
  addr: z.string().optional(),
  /** Idempotency key and the fingerprint of query, media type and body, when the call carries a key. */
  key: z.string().optional(),
  fp: z.string().optional(),
});

/** Who is calling, as the gateway verified it. */
export type Identity = z.infer<typeof claimsSchema>;

/** Signs one identity for one service, as a JWS in compact form (RFC 7515). */
export type SignIdentity = (service: ServiceName, identity: Identity) => string;

/**
 * Signs identities with the gateway's Ed25519 private key (PKCS #8 PEM), each for one service and 30 seconds. By Node
 * itself and at once: over the web API the same signature costs half as much again and a way to another thread and back.
 */
export async function createIdentitySigner(privateKeyPem: string): Promise<SignIdentity> {
  const key = createPrivateKey(privateKeyPem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('identities are signed with an Ed25519 key');
  const header = Buffer.from(JSON.stringify({ alg: 'EdDSA' })).toString('base64url');
  return (service, identity) => {
    const iat = Math.floor(Date.now() / 1_000);
    const claims = JSON.stringify({ ...identity, iss: issuer, aud: service, iat, exp: iat + lifetimeSeconds });
    const signed = `${header}.${Buffer.from(claims).toString('base64url')}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
  };
}

/** Verifies identities meant for `service` with the gateway's public keys (SPKI PEM, several while one is rotated). `null` for anything else. */
export async function createIdentityVerifier(
  publicKeyPems: readonly string[],
  service: ServiceName,
): Promise<(token: string) => Promise<Identity | null>> {
  const keys = await Promise.all(publicKeyPems.map((pem) => importSPKI(pem, 'EdDSA')));
  return async (token) => {
    for (const key of keys) {
      try {
        const { payload } = await jwtVerify(token, key, { ...expected, audience: service });
        return claimsSchema.parse(payload);
      } catch {
        // The next key may be the one it was signed with; none means nobody is let in.
      }
    }
    return null;
  };
}
