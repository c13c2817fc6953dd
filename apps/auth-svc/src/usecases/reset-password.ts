import { DomainError } from '@uw-wizard/shared/errors';
import { INVALID_RESET_TOKEN } from '../domain/errors.ts';
import { checkPassword } from '../domain/password-policy.ts';
import { hashSecret } from '../domain/secrets.ts';
import type { InTenant, LoginFailures, Passwords } from './ports.ts';

export type ResetPasswordDeps = {
  store: {
    findReset(tokenHash: string): Promise<{ tenantId: string; userId: string } | null>;
    inTenant: InTenant;
  };
  passwords: Pick<Passwords, 'hash'>;
  failures: Pick<LoginFailures, 'succeed'>;
  isBreached: (text: string) => boolean;
};

/**
 * Gives an account another password, for a token that was sent to it, which is good once; ends all its sessions, and lets
 * its owner log in at once. Throws `invalid-reset-token`; `password-not-allowed`, after which the token is still good.
 */
export async function resetPassword(
  deps: ResetPasswordDeps,
  input: { token: string; newPassword: string; address: string | undefined },
): Promise<void> {
  const { store } = deps;
  const refused = new DomainError(INVALID_RESET_TOKEN, 'Ask for another one.', {
    errors: [{ pointer: '#/token', detail: 'Send the token of the newest mail, within half an hour, and once.' }],
  });
  const tokenHash = hashSecret(input.token);
  const found = await store.findReset(tokenHash);
  if (found === null) throw refused;
  const { tenantId, userId } = found;
  const actor = { id: userId, address: input.address };
  const user = await store.inTenant(tenantId, actor, ({ users }) => users.get(userId));
  const { email, name } = user;
  checkPassword(input.newPassword, { pointer: '#/new_password', email, name, isListed: deps.isBreached });
  const to = await deps.passwords.hash(input.newPassword);
  await store.inTenant(tenantId, actor, async ({ users, sessions, resets }) => {
    // A disabled user's is not changed; nor is one that was changed while this was hashed.
    const changed =
      (await resets.use(userId, tokenHash)) &&
      (await users.changePassword(userId, { from: user.passwordHash ?? '', to }, 'reset'));
    if (!changed) throw refused;
    await sessions.endAllOf(userId, 'password-reset');
  });
  await deps.failures.succeed(email);
}
