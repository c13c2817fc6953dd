import { randomBytes } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import { INVALID_REFRESH_TOKEN } from '../domain/errors.ts';
import { hashSecret, sameDigest, splitRefreshToken } from '../domain/secrets.ts';
import { accessTokenSeconds, isActive, type Session, type User } from '../domain/session.ts';
import type { LoggedIn } from './log-in.ts';

export type RefreshSessionDeps = {
  store: {
    findSession(id: string): Promise<{ session: Session; user: User } | null>;
    rotateSession(tenantId: string, id: string, from: string, to: string, now: Date): Promise<boolean>;
    endSession(tenantId: string, id: string, reason: string, now: Date): Promise<void>;
  };
  accessTokens: { sign(user: User, sessionId: string): Promise<string> };
  clock: () => Date;
};

/**
 * Renews a session: the refresh token is good once, and a new one takes its place. A token that was good before is a sign
 * of theft, so it ends the session. Throws `invalid-refresh-token`.
 */
export async function refreshSession(deps: RefreshSessionDeps, input: { refreshToken: string }): Promise<LoggedIn> {
  const refused = new DomainError(INVALID_REFRESH_TOKEN, 'Log in again.');
  const token = splitRefreshToken(input.refreshToken);
  const found = token === null ? null : await deps.store.findSession(token.sessionId);
  if (token === null || found === null) throw refused;
  const { session, user } = found;
  const now = deps.clock();
  if (!isActive(session, now) || user.disabledAt !== null) throw refused;
  const given = hashSecret(token.secret);
  const secret = randomBytes(32).toString('base64url');
  const rotated =
    sameDigest(given, session.refreshHash) &&
    (await deps.store.rotateSession(user.tenantId, session.id, given, hashSecret(secret), now));
  if (!rotated) {
    await deps.store.endSession(user.tenantId, session.id, 'refresh-token-reused', now);
    throw refused;
  }
  const accessToken = await deps.accessTokens.sign(user, session.id);
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken: `${session.id}.${secret}`, user };
}
