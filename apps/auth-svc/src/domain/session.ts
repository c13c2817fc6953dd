import type { User } from './user.ts';

/** How long an access token is good. */
export const accessTokenSeconds = 600;

/** How long a session can be renewed. */
export const sessionDays = 14;

export type Session = {
  readonly id: string;
  readonly tenantId: string;
  readonly userId: string;
  readonly refreshHash: string;
  readonly expiresAt: Date;
  readonly endedAt: Date | null;
};

/** A session as its owner sees it in a list, to tell it from others. */
export type SessionSeen = {
  readonly id: string;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
  readonly expiresAt: Date;
  readonly address: string | null;
  readonly userAgent: string | null;
};

/** Why a session was over before its time. */
export type SessionEnd =
  | 'logout'
  | 'ended-by-owner'
  | 'refresh-token-reused'
  | 'user-disabled'
  | 'password-changed'
  | 'password-reset';

/** Whether `session` can still be used at `now`. */
export function isActive(session: Pick<Session, 'endedAt' | 'expiresAt'>, now: Date): boolean {
  return session.endedAt === null && session.expiresAt > now;
}

/** When a session that starts at `now` ends for good. */
export function sessionEnd(now: Date): Date {
  return new Date(now.getTime() + sessionDays * 86_400_000);
}

/** What a session of `user` is good for now: nothing once it or the user has ended. */
export function standingOf(session: Session, user: User, now: Date) {
  const active = isActive(session, now) && user.disabledAt === null;
  return { active, role: active ? user.role : null, mustChangePassword: active && user.mustChangePassword };
}
