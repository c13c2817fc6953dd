import { v7 as uuidv7 } from 'uuid';
import { hashSecret } from '../domain/secrets.ts';
import { accessTokenSeconds, type Session, type SessionSeen, sessionEnd } from '../domain/session.ts';
import type { User } from '../domain/user.ts';

export type StartSessionDeps = {
  accessTokens: { sign(user: User, sessionId: string): Promise<string> };
  newSecret: (bytes: number) => string;
  clock: () => Date;
};

/** From where somebody logs in. */
export type From = { readonly address: string | undefined; readonly userAgent: string | undefined };

export type LoggedIn = { accessToken: string; expiresInSeconds: number; refreshToken: string; user: User };

/** A new session of `user`, to be kept (`session`), and what its owner then gets (`loggedIn`). */
export function startSession(
  deps: StartSessionDeps,
  user: User,
  from: From,
): { session: Session & Pick<SessionSeen, 'address' | 'userAgent'>; loggedIn: () => Promise<LoggedIn> } {
  const secret = deps.newSecret(32);
  const session = {
    id: uuidv7(),
    tenantId: user.tenantId,
    userId: user.id,
    refreshHash: hashSecret(secret),
    expiresAt: sessionEnd(deps.clock()),
    endedAt: null,
    address: from.address ?? null,
    userAgent: from.userAgent?.slice(0, 200) ?? null,
  };
  return {
    session,
    loggedIn: async () => ({
      accessToken: await deps.accessTokens.sign(user, session.id),
      expiresInSeconds: accessTokenSeconds,
      refreshToken: `${session.id}.${secret}`,
      user,
    }),
  };
}
