import { DomainError } from '@uw-wizard/shared/errors';
import { INVALID_CREDENTIALS, MFA_REQUIRED } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { type AllowAttemptDeps, allowAttempt } from './allow-attempt.ts';
import { sealMfaToken } from './mfa-token.ts';
import type { InTenant, Passwords, Seals } from './ports.ts';
import { type From, type LoggedIn, type StartSessionDeps, startSession } from './start-session.ts';

export type LogInDeps = AllowAttemptDeps &
  StartSessionDeps & {
    store: {
      findUserByEmail(email: string): Promise<User | null>;
      inTenant: InTenant;
    };
    passwords: Passwords;
    seals: Seals;
    /** Whose log tells of logins to accounts that nobody has. */
    bootstrapTenantId: string;
  };

/**
 * Starts a session for whoever knows the password. An unknown e-mail, a wrong password and a disabled user get the same
 * answer after the same work. Throws `invalid-credentials`, `rate-limited`; `mfa-required` with a `mfa_token` once the password is
 * right.
 */
export async function logIn(deps: LogInDeps, input: { email: string; password: string } & From): Promise<LoggedIn> {
  const { store, passwords, failures } = deps;
  await allowAttempt(deps, input);
  const user = await store.findUserByEmail(input.email);
  const passwordHash = user?.passwordHash ?? null;
  const known = await passwords.verify(passwordHash, input.password);
  if (user === null || passwordHash === null || !known || user.disabledAt !== null) {
    const reason = user === null ? 'unknown-account' : known ? 'user-disabled' : 'wrong-password';
    const actor = { id: user?.id ?? 'unknown', address: input.address };
    await store.inTenant(user?.tenantId ?? deps.bootstrapTenantId, actor, ({ sessions }) =>
      sessions.fail(user?.id ?? null, reason),
    );
    await failures.fail(input.address);
    throw new DomainError(INVALID_CREDENTIALS, 'Check the e-mail address and the password, then try again.');
  }
  const rehashed = passwords.isDated(passwordHash) ? await passwords.hash(input.password) : null;
  const { session, loggedIn } = startSession(deps, user, input);
  const needsCode = await store.inTenant(user.tenantId, { id: user.id, address: input.address }, async (unit) => {
    if (rehashed !== null) await unit.users.rehash(user.id, { from: passwordHash, to: rehashed });
    if (((await unit.secondFactors.find(user.id))?.confirmedAt ?? null) !== null) return true;
    await unit.sessions.start(session);
    return false;
  });
  if (needsCode) {
    // The attempt stays counted: codes are not for guessing by who has the password.
    const token = sealMfaToken(deps, { ...user, passwordHash: rehashed ?? passwordHash });
    throw new DomainError(MFA_REQUIRED, 'Send mfa_token and a code to POST /api/auth/totp/login within five minutes.', {
      extensions: { mfa_token: token },
    });
  }
  await failures.succeed(input.email);
  return loggedIn();
}
