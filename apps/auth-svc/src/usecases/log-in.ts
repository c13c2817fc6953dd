import { randomBytes } from 'node:crypto';
import { DomainError } from '@uw-wizard/shared/errors';
import { v7 as uuidv7 } from 'uuid';
import { INVALID_CREDENTIALS } from '../domain/errors.ts';
import { hashSecret } from '../domain/secrets.ts';
import { accessTokenSeconds, type Session, sessionEnd, type User } from '../domain/session.ts';

export type LogInDeps = {
  store: {
    findUserByEmail(email: string): Promise<User | null>;
    startSession(session: Session, now: Date, address: string | undefined): Promise<void>;
    recordFailedLogin(user: User, reason: string, now: Date, address: string | undefined): Promise<void>;
  };
  passwords: { verify(hash: string | null, password: string): Promise<boolean> };
  accessTokens: { sign(user: User, sessionId: string): Promise<string> };
  clock: () => Date;
};

export type LoggedIn = { accessToken: string; expiresInSeconds: number; refreshToken: string; user: User };

/**
 * Starts a session for whoever knows the password. An unknown e-mail, a wrong password and a disabled user get the same
 * answer after the same work. Throws `invalid-credentials`.
 */
export async function logIn(
  deps: LogInDeps,
  input: { email: string; password: string; address: string | undefined },
): Promise<LoggedIn> {
  const now = deps.clock();
  const user = await deps.store.findUserByEmail(input.email);
  const known = await deps.passwords.verify(user?.passwordHash ?? null, input.password);
  if (user === null || !known || user.disabledAt !== null) {
    if (user !== null)
      await deps.store.recordFailedLogin(user, known ? 'user-disabled' : 'wrong-password', now, input.address);
    throw new DomainError(INVALID_CREDENTIALS, 'Check the e-mail address and the password, then try again.');
  }
  const secret = randomBytes(32).toString('base64url');
  const session = {
    id: uuidv7(),
    tenantId: user.tenantId,
    userId: user.id,
    refreshHash: hashSecret(secret),
    expiresAt: sessionEnd(now),
    endedAt: null,
  };
  await deps.store.startSession(session, now, input.address);
  const accessToken = await deps.accessTokens.sign(user, session.id);
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken: `${session.id}.${secret}`, user };
}
