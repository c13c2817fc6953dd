import { permissionsOf } from '@uw-wizard/shared/contracts/permissions';
import type { User } from '../domain/user.ts';
import type { LoggedIn } from '../usecases/start-session.ts';

/** What whoever has logged in, or renewed a session, is told. */
export function showSession({ accessToken, expiresInSeconds, refreshToken, user }: LoggedIn): object {
  return {
    access_token: accessToken,
    token_type: 'Bearer',
    expires_in: expiresInSeconds,
    refresh_token: refreshToken,
    user: showOwner(user),
  };
}

function showOwner({ id, email, name, role, tenantId, mustChangePassword }: User): object {
  return {
    user_id: id,
    email,
    name,
    role,
    permissions: permissionsOf[role],
    tenant_id: tenantId,
    must_change_password: mustChangePassword,
  };
}
