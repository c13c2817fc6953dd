import { DomainError } from '@uw-wizard/shared/errors';
import { CURRENT_PASSWORD_WRONG, PASSWORD_NOT_ALLOWED } from '../domain/errors.ts';
import { checkPassword } from '../domain/password-policy.ts';
import { type AllowAttemptDeps, allowAttempt } from './allow-attempt.ts';
import type { Actor, InTenant, Passwords } from './ports.ts';

export type ChangePasswordDeps = AllowAttemptDeps & {
  store: {
    inTenant: InTenant;
  };
  passwords: Passwords;
  isBreached: (text: string) => boolean;
};

/**
 * Gives the caller another password, and ends all sessions but the one of the call. Throws `current-password-wrong`,
 * `password-not-allowed` (also for the same one again), `rate-limited`.
 */
export async function changePassword(
  deps: ChangePasswordDeps,
  input: {
    tenantId: string;
    userId: string;
    sessionId: string | undefined;
    actor: Actor;
    currentPassword: string;
    newPassword: string;
  },
): Promise<void> {
  const { store, passwords, failures } = deps;
  const { tenantId, userId, actor } = input;
  const user = await store.inTenant(tenantId, actor, ({ users }) => users.get(userId));
  const wrong = new DomainError(CURRENT_PASSWORD_WRONG, 'Nothing was changed.', {
    errors: [{ pointer: '#/current_password', detail: 'Send the password that is good now.' }],
  });
  const { email, name } = user;
  // Whoever has found a token in use must not find out the password with it.
  await allowAttempt(deps, { email, address: actor.address });
  if (!(await passwords.verify(user.passwordHash, input.currentPassword))) {
    await failures.fail(actor.address);
    throw wrong;
  }
  await failures.succeed(email);
  checkPassword(input.newPassword, { pointer: '#/new_password', email, name, isListed: deps.isBreached });
  if (input.newPassword === input.currentPassword) {
    throw new DomainError(PASSWORD_NOT_ALLOWED, 'Choose another password.', {
      errors: [{ pointer: '#/new_password', detail: 'Use another one than now.' }],
    });
  }
  const hashes = { from: user.passwordHash, to: await passwords.hash(input.newPassword) };
  await store.inTenant(tenantId, actor, async ({ users, sessions }) => {
    // Somebody may have changed it meanwhile.
    if (!(await users.changePassword(userId, hashes, 'changed'))) throw wrong;
    await sessions.endAllOf(userId, 'password-changed', input.sessionId);
  });
}
