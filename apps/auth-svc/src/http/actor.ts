import { DomainError } from '@uw-wizard/shared/errors';
import { type TenantIdentity, tenantIdentityOf } from '@uw-wizard/shared/platform/http-app';
import { FORBIDDEN } from '@uw-wizard/shared/platform/problem';
import type { Request } from 'express';
import type { Actor } from '../usecases/ports.ts';

/** Whoever makes the call, as the audit log names it. */
export function actorOf(req: Request): Actor {
  const { sub, addr } = tenantIdentityOf(req);
  return { id: sub, address: addr };
}

/** A user who makes the call in a session; throws `forbidden` for an API key. */
export function userOf(req: Request): TenantIdentity {
  const identity = tenantIdentityOf(req);
  if (identity.kind === 'user') return identity;
  throw new DomainError(
    FORBIDDEN,
    'An API key has neither a password, a second factor nor sessions. Log in as a user.',
  );
}
