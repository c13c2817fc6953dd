import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { DomainError } from '@uw-wizard/shared/errors';
import { AUTH_UNAVAILABLE } from '../errors.ts';

/** Somebody whose credential was verified: a user in a session, or an API key. */
export type Caller = {
  readonly kind: 'user' | 'key';
  readonly tenant: string;
  /** The user's id, or the key's. */
  readonly sub: string;
  readonly role: Role;
  readonly session?: string;
  /** The password is a temporary one: nothing is open but changing it. */
  readonly mustChangePassword?: true;
};

/** auth-svc is silent, so nobody is let in. */
export function authUnavailable(cause: unknown): DomainError {
  return new DomainError(AUTH_UNAVAILABLE, 'Nobody can vouch for the credential now. Nothing was done; try again.', {
    retryAfterSeconds: 1,
    cause,
  });
}
