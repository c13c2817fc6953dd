import { DomainError } from '@uw-wizard/shared/errors';
import { PASSWORD_NOT_ALLOWED } from '../domain/errors.ts';
import { checkPassword } from '../domain/password-policy.ts';
import type { Actor, InTenant, Passwords } from './ports.ts';
import { currentPasswordWrong, type ProvePasswordDeps, provePassword } from './prove-password.ts';

export type ChangePasswordDeps = ProvePasswordDeps & {
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
  const { email, name } = user;
  const pointer = '#/current_password';
  await provePassword(deps, user, { password: input.currentPassword, pointer, address: actor.address });
  await failures.succeed(email);
  checkPassword(input.newPassword, { pointer: '#/new_password', email, name, isListed: deps.isBreached });
  if (input.newPassword === input.currentPassword) {
    throw new DomainError(PASSWORD_NOT_ALLOWED, 'Choose another password.', {
      errors: [{ pointer: '#/new_password', detail: 'Use another one than now.' }],
    });
  }
  const hashes = { from: user.passwordHash ?? '', to: await passwords.hash(input.newPassword) };
  await store.inTenant(tenantId, actor, async ({ users, sessions }) => {
    // Somebody may have changed it meanwhile.
    if (!(await users.changePassword(userId, hashes, 'changed'))) throw currentPasswordWrong(pointer);
    await sessions.endAllOf(userId, 'password-changed', input.sessionId);
  });
}
