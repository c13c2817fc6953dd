import type { Role } from '@uw-wizard/shared/contracts/permissions';

/** How long an access token is good: short, because a gateway believes it for a moment without asking. */
export const accessTokenSeconds = 600;

/** How long a session can be renewed. */
export const sessionDays = 14;

export type User = {
  readonly id: string;
  readonly tenantId: string;
  readonly email: string;
  readonly name: string;
  readonly role: Role;
  readonly passwordHash: string;
  readonly disabledAt: Date | null;
};

export type Session = {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly refreshHash: string;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
};

/** Whether `session` can still be used at `now`. */
export function isActive(session: Pick<Session, 'endedAt' | 'expiresAt'>, now: Date): boolean {
  return session.endedAt === null && session.expiresAt > now;
}

/** When a session that starts at `now` ends for good. */
export function sessionEnd(now: Date): Date {
  return new Date(now.getTime() + sessionDays * 86_400_000);
}
