import type { Role } from '@uw-wizard/shared/contracts/permissions';
import { isActive, type Session, type User } from '../domain/session.ts';

export type ResolveSessionDeps = {
  store: { findSession(id: string): Promise<{ session: Session; user: User } | null> };
  clock: () => Date;
};

/** Whether a session is good now, and the role its user has now (a token may carry an older one). */
export async function resolveSession(
  deps: ResolveSessionDeps,
  input: { tenantId: string; sessionId: string },
): Promise<{ active: boolean; role: Role | null }> {
  const found = await deps.store.findSession(input.sessionId);
  if (found === null || found.session.tenantId !== input.tenantId) return { active: false, role: null };
  const active = isActive(found.session, deps.clock()) && found.user.disabledAt === null;
  return { active, role: active ? found.user.role : null };
}
