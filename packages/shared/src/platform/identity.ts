import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { z } from 'zod';
import { roleSchema } from '../contracts/permissions.ts';
import type { ServiceName } from '../contracts/routes.ts';

/** The header in which the gateway tells a service who is calling. A client's own is dropped at the door. */
export const identityHeader = 'x-uw-identity';

const issuer = 'uw-wizard-gateway';
const lifetimeSeconds = 30;

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

const tokenSchema = claimsSchema.extend({ iss: z.literal(issuer), aud: z.string(), iat: z.int(), exp: z.int() });

/** The one way in which identities are signed: a token that names another is none of ours. */
const joseHeader = Buffer.from(JSON.stringify({ alg: 'EdDSA' })).toString('base64url');

/** Signs one identity for one service, as a JWS in compact form (RFC 7515, RFC 8037). */
export type SignIdentity = (service: ServiceName, identity: Identity) => string;

/** Who is calling, of a token that the gateway has signed for this service; `null` for anything else. */
export type VerifyIdentity = (token: string) => Identity | null;

/**
 * Signs identities with the gateway's Ed25519 private key (PKCS #8 PEM), each for one service and 30 seconds. By Node
 * itself and at once, here and below: the web API takes both to another thread and back, which costs more than they do.
 */
export function createIdentitySigner(privateKeyPem: string): SignIdentity {
  const key = ed25519(createPrivateKey(privateKeyPem));
  return (service, identity) => {
    const iat = now();
    const claims = JSON.stringify({ ...identity, iss: issuer, aud: service, iat, exp: iat + lifetimeSeconds });
    const signed = `${joseHeader}.${Buffer.from(claims).toString('base64url')}`;
    return `${signed}.${sign(null, Buffer.from(signed), key).toString('base64url')}`;
  };
}

/** Verifies identities meant for `service` with the gateway's public keys (SPKI PEM, several while one is rotated). */
export function createIdentityVerifier(publicKeyPems: readonly string[], service: ServiceName): VerifyIdentity {
  const keys = publicKeyPems.map((pem) => ed25519(createPublicKey(pem)));
  return (token) => {
    const [head, claims = '', signature = '', ...more] = token.split('.');
    if (head !== joseHeader || more.length > 0) return null;
    const signed = Buffer.from(`${head}.${claims}`);
    const bytes = Buffer.from(signature, 'base64url');
    if (!keys.some((key) => verify(null, signed, key, bytes))) return null;
    const parsed = tokenSchema.safeParse(parseJson(Buffer.from(claims, 'base64url').toString()));
    if (!parsed.success) return null;
    const { iss, aud, iat, exp, ...identity } = parsed.data;
    return aud === service && exp > now() ? identity : null;
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function ed25519(key: KeyObject): KeyObject {
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('identities are signed with an Ed25519 key');
  return key;
}

function now(): number {
  return Math.floor(Date.now() / 1_000);
}
