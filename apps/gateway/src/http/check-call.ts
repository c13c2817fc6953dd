import { may, type Permission } from '@uw-wizard/shared/contracts/permissions';
import type { Route } from '@uw-wizard/shared/contracts/routes';
import { DomainError } from '@uw-wizard/shared/errors';
import { FORBIDDEN, PASSWORD_CHANGE_REQUIRED } from '@uw-wizard/shared/platform/problem';
import type { Caller } from '../credentials/caller.ts';
import { IDEMPOTENCY_KEY_INVALID, IDEMPOTENCY_KEY_MISSING, TENANT_MISMATCH, TENANT_MISSING } from '../errors.ts';
import type { Call } from './call.ts';

/** Throws `tenant-missing` or `tenant-mismatch` when the call does not name the credential's tenant as its route asks. */
export function checkTenant(route: Route, call: Call, caller: Caller | null): void {
  if (caller === null) return;
  if (call.tenantHeader === undefined || call.tenantHeader === '') {
    if (route.tenant === 'optional') return;
    throw new DomainError(TENANT_MISSING, 'Send the tenant of your credential in the header X-Tenant-ID.');
  }
  if (call.tenantHeader !== caller.tenant) {
    throw new DomainError(TENANT_MISMATCH, 'X-Tenant-ID must be the tenant of your credential.');
  }
}

/**
 * Throws `forbidden` unless the caller's role has every permission that the call needs; `password-change-required` for a
 * user who must change the password first, whatever the role.
 */
export function checkPermission(route: Route, call: Call, caller: Caller | null): void {
  if (caller === null) return;
  if (caller.mustChangePassword && !route.beforePasswordChange) {
    throw new DomainError(PASSWORD_CHANGE_REQUIRED, 'Change the password with POST /api/auth/password first.');
  }
  const lacking = permissionsNeeded(route, call).find((permission) => !may(caller.role, permission));
  if (lacking === undefined) return;
  throw new DomainError(FORBIDDEN, `The role ${caller.role} lacks the permission ${lacking}.`);
}

function permissionsNeeded(route: Route, call: Call): Permission[] {
  if (route.allow === 'none' || route.allow === 'provider') return [];
  const { allowWhen } = route;
  // Any of several values counts, so that it does not matter which one the service reads.
  const also = allowWhen && new URLSearchParams(call.query).getAll(allowWhen.query).includes(allowWhen.equals);
  return allowWhen && also ? [route.allow, allowWhen.permission] : [route.allow];
}

/**
 * The call's idempotency key, without the quotes of the structured form; undefined when it has and needs none. Throws
 * `idempotency-key-missing` and `idempotency-key-invalid`.
 */
export function idempotencyKeyOf(route: Route, call: Call): string | undefined {
  if (route.idempotency === 'none') return undefined;
  if (call.keyHeader === undefined) {
    if (route.idempotency === 'honoured') return undefined;
    throw new DomainError(
      IDEMPOTENCY_KEY_MISSING,
      'Send a new Idempotency-Key with each new request, and the same one when you repeat it.',
    );
  }
  const key = unquote(call.keyHeader);
  if (/^[\x21-\x7e]{1,255}$/.test(key)) return key;
  throw new DomainError(IDEMPOTENCY_KEY_INVALID, 'An Idempotency-Key has 1 to 255 visible ASCII characters.');
}

/** An RFC 8941 string without its quotes and escapes; any other value as it is; '' for a string that is not closed. */
function unquote(header: string): string {
  if (!header.startsWith('"')) return header;
  const inner = /^"((?:[^"\\]|\\["\\])*)"$/.exec(header)?.[1];
  return inner === undefined ? '' : inner.replaceAll(/\\(["\\])/g, '$1');
}
