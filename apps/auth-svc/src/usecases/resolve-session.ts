import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { type Session, standingOf } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

export type ResolveSessionDeps = {
  store: { findSession(id: string): Promise<{ session: Session; user: User } | null> };
  clock: () => Date;
};

/** Whether a session is good now, and what its user may do now (a token may carry an older role). */
export async function resolveSession(
  deps: ResolveSessionDeps,
  input: { tenantId: string; sessionId: string },
): Promise<{ active: boolean; role: Role | null; mustChangePassword: boolean }> {
  const found = await deps.store.findSession(input.sessionId);
  if (found === null || found.session.tenantId !== input.tenantId) {
    return { active: false, role: null, mustChangePassword: false };
  }
  return standingOf(found.session, found.user, deps.clock());
}
