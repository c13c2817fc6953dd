import { DomainError } from '@uw-wizard/shared/errors';
import { v7 as uuidv7 } from 'uuid';
import { INVALID_CREDENTIALS } from '../domain/errors.ts';
import { hashSecret } from '../domain/secrets.ts';
import { accessTokenSeconds, sessionEnd } from '../domain/session.ts';
import type { User } from '../domain/user.ts';
import { type AllowAttemptDeps, allowAttempt } from './allow-attempt.ts';
import type { InTenant, Passwords } from './ports.ts';

export type LogInDeps = AllowAttemptDeps & {
  store: {
    findUserByEmail(email: string): Promise<User | null>;
    inTenant: InTenant;
  };
  passwords: Passwords;
  accessTokens: { sign(user: User, sessionId: string): Promise<string> };
  newSecret: (bytes: number) => string;
  clock: () => Date;
  /** Whose log tells of logins to accounts that nobody has. */
  bootstrapTenantId: string;
};

export type LoggedIn = { accessToken: string; expiresInSeconds: number; refreshToken: string; user: User };

/**
 * Starts a session for whoever knows the password. An unknown e-mail, a wrong password and a disabled user get the same
 * answer after the same work. Throws `invalid-credentials`, `rate-limited`.
 */
export async function logIn(
  deps: LogInDeps,
  input: { email: string; password: string; address: string | undefined; userAgent: string | undefined },
): Promise<LoggedIn> {
  const { store, passwords, failures } = deps;
  await allowAttempt(deps, input);
  const user = await store.findUserByEmail(input.email);
  const known = await passwords.verify(user?.passwordHash ?? null, input.password);
  if (user === null || !known || user.disabledAt !== null) {
    const reason = user === null ? 'unknown-account' : known ? 'user-disabled' : 'wrong-password';
    const actor = { id: user?.id ?? 'unknown', address: input.address };
    await store.inTenant(user?.tenantId ?? deps.bootstrapTenantId, actor, ({ sessions }) =>
      sessions.fail(user?.id ?? null, reason),
    );
    await failures.fail(input.address);
    throw new DomainError(INVALID_CREDENTIALS, 'Check the e-mail address and the password, then try again.');
  }
  const rehashed = passwords.isDated(user.passwordHash) ? await passwords.hash(input.password) : null;
  const secret = deps.newSecret(32);
  const session = {
    id: uuidv7(),
    tenantId: user.tenantId,
    userId: user.id,
    refreshHash: hashSecret(secret),
    expiresAt: sessionEnd(deps.clock()),
    endedAt: null,
    address: input.address ?? null,
    userAgent: input.userAgent?.slice(0, 200) ?? null,
  };
  await store.inTenant(user.tenantId, { id: user.id, address: input.address }, async ({ users, sessions }) => {
    if (rehashed !== null) await users.rehash(user.id, { from: user.passwordHash, to: rehashed });
    await sessions.start(session);
  });
  await failures.succeed(input.email);
  const accessToken = await deps.accessTokens.sign(user, session.id);
  return { accessToken, expiresInSeconds: accessTokenSeconds, refreshToken: `${session.id}.${secret}`, user };
}
