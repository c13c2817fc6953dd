import { resolveSession } from '@uw-wizard/shared/contracts/asks';
import { roleSchema } from '@uw-wizard/shared/contracts/permissions';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import { createRemoteJWKSet, customFetch, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { authUnavailable, type Caller } from './caller.ts';
import { rememberCallers } from './known-callers.ts';
import type { Standing } from './standing.ts';

/** What auth-svc writes into an access token. */
const claimsSchema = z.object({ sub: z.string().min(1), tenant: z.string().min(1), role: roleSchema, sid: z.uuid() });

/**
 * Whose an access token is: signature (EdDSA, by auth-svc's published keys), issuer, audience and expiry, then whether
 * the session still stands, asked at auth-svc unless it is known. What its user may do is what auth-svc says now. `null`
 * for a token that is not good; throws `auth-unavailable` when auth-svc is silent.
 */
export function createTokenResolver(options: {
  ask: Ask;
  standing: Pick<Standing, 'stands' | 'unchanged'>;
  /** Reads auth-svc's key set, RFC 7517; rejects when it cannot be read. */
  readKeySet: () => Promise<unknown>;
  issuer: string;
  audience: string;
}): (token: string) => Promise<Caller | null> {
  const keySet = remoteKeySet(options.readKeySet);
  const sessions = rememberCallers(options.standing, async (name) => {
    const [tenant = '', session = '', sub = ''] = name.split(' ');
    const answer = await options.ask(resolveSession, { tenant_id: tenant, session_id: session });
    if (!answer.active || answer.role === null) return null;
    const restricted = answer.must_change_password ? { mustChangePassword: true as const } : {};
    return {
      caller: { kind: 'user', tenant, sub, role: answer.role, session, ...restricted },
      ids: [session, sub],
      expiresAtMs: Number.POSITIVE_INFINITY,
    };
  });
  return async (token) => {
    const claims = claimsSchema.safeParse(await verified(token, keySet, options));
    if (!claims.success) return null;
    const { sub, tenant, sid } = claims.data;
    const name = `${tenant} ${sid} ${sub}`;
    const found = sessions.get(name) ?? (await sessions.fetch(name));
    return found?.caller ?? null;
  };
}

/** Whether a bearer token has a JWT's form: three parts, the first of them a header that names an algorithm. */
export function looksLikeToken(token: string): boolean {
  const parts = token.split('.');
  if (parts.length !== 3) return false;
  try {
    const header: unknown = JSON.parse(Buffer.from(parts[0] ?? '', 'base64url').toString('utf8'));
    return typeof header === 'object' && header !== null && 'alg' in header;
  } catch {
    return false;
  }
}

async function verified(
  token: string,
  keySet: JWTVerifyGetKey,
  { issuer, audience }: { issuer: string; audience: string },
): Promise<JWTPayload | null> {
  try {
    const options = { algorithms: ['EdDSA'], issuer, audience, requiredClaims: ['exp', 'sub'] };
    return (await jwtVerify(token, keySet, options)).payload;
  } catch (error) {
    if (error instanceof KeySetUnreadable) throw authUnavailable(error);
    return null;
  }
}

class KeySetUnreadable extends Error {}

/**
 * jose keeps the keys for ten minutes and reads them again for a key it does not know, at most once a second: a new one
 * signs when it has been published for a minute.
 */
function remoteKeySet(read: () => Promise<unknown>): JWTVerifyGetKey {
  // The address is never dialled: the key set is read over the gateway's own connections to auth-svc.
  return createRemoteJWKSet(new URL('http://auth-svc/.well-known/jwks.json'), {
    cooldownDuration: 1_000,
    [customFetch]: async () => {
      try {
        return Response.json(await read());
      } catch (cause) {
        throw new KeySetUnreadable('the key set of auth-svc cannot be read', { cause });
      }
    },
  });
}
