import { identityHeader, type SignIdentity } from '@uw-wizard/shared/platform/identity';
import { v7 as uuidv7 } from 'uuid';
import { callService } from './call-service.ts';
import type { Link } from './links.ts';

/** Reads auth-svc's public keys (RFC 7517) at any of its replicas; rejects for anything but a 200 with JSON. */
export function readKeySet(authService: Link, sign: SignIdentity): () => Promise<unknown> {
  return async () => {
    const { status, body } = await callService(authService, {
      method: 'GET',
      target: '/.well-known/jwks.json',
      headers: () => [identityHeader, sign('auth-svc', { kind: 'anonymous', sub: 'anonymous', rid: uuidv7() })],
      body: null,
      repeatable: true,
      timeoutMs: 2_000,
    });
    if (status !== 200) throw new Error(`auth-svc answered ${status} instead of its keys`);
    return JSON.parse(body.toString('utf8'));
  };
}
