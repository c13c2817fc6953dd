import { importPKCS8, importSPKI, jwtVerify, SignJWT } from 'jose';
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
  rid: z.string(),
  addr: z.string().optional(),
  /** Idempotency key and the fingerprint of query, media type and body, when the call carries a key. */
  key: z.string().optional(),
  fp: z.string().optional(),
});

/** Who is calling, as the gateway verified it. */
export type Identity = z.infer<typeof claimsSchema>;

/** Signs identities with the gateway's Ed25519 private key (PKCS #8 PEM), each for one service and 30 seconds. */
export async function createIdentitySigner(
  privateKeyPem: string,
): Promise<(service: ServiceName, identity: Identity) => Promise<string>> {
  const key = await importPKCS8(privateKeyPem, 'EdDSA');
  return (service, identity) =>
    new SignJWT(identity)
      .setProtectedHeader({ alg: 'EdDSA' })
      .setIssuer(issuer)
      .setAudience(service)
      .setIssuedAt()
      .setExpirationTime(`${lifetimeSeconds}s`)
      .sign(key);
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
