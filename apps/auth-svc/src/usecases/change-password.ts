import { DomainError } from '@uw-wizard/shared/errors';
import { CURRENT_PASSWORD_WRONG, PASSWORD_NOT_ALLOWED } from '../domain/errors.ts';
import { checkPassword } from '../domain/password-policy.ts';
import type { Actor, InTenant, Passwords } from './ports.ts';

export type ChangePasswordDeps = {
  store: {
    inTenant: InTenant;
  };
  passwords: Passwords;
  isBreached: (text: string) => boolean;
};

/**
 * Gives the caller another password, and ends all sessions but the one of the call. Throws `current-password-wrong`,
 * `password-not-allowed` (also for the same one again).
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
  const { store, passwords } = deps;
  const { tenantId, userId, actor } = input;
  const user = await store.inTenant(tenantId, actor, ({ users }) => users.get(userId));
  const wrong = new DomainError(CURRENT_PASSWORD_WRONG, 'Nothing was changed.', {
    errors: [{ pointer: '#/current_password', detail: 'Send the password that is good now.' }],
  });
  if (!(await passwords.verify(user.passwordHash, input.currentPassword))) throw wrong;
  const { email, name } = user;
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
