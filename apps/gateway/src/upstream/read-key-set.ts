import type { ServiceName } from '@uw-wizard/shared/contracts/routes';
import { type Identity, identityHeader } from '@uw-wizard/shared/platform/identity';
import type { Pool } from 'undici';
import { v7 as uuidv7 } from 'uuid';

/** Reads auth-svc's public keys (RFC 7517) over the gateway's own connections; rejects for anything but a 200 with JSON. */
export function readKeySet(
  pool: Pool,
  sign: (service: ServiceName, identity: Identity) => Promise<string>,
): (signal: AbortSignal) => Promise<unknown> {
  return async (signal) => {
    const identity: Identity = { kind: 'anonymous', sub: 'anonymous', rid: uuidv7() };
    const { statusCode, body } = await pool.request({
      method: 'GET',
      path: '/.well-known/jwks.json',
      headers: { [identityHeader]: await sign('auth-svc', identity) },
      signal,
    });
    if (statusCode === 200) return body.json();
    await body.dump();
    throw new Error(`auth-svc answered ${statusCode} instead of its keys`);
  };
}
