import { DomainError } from '@uw-wizard/shared/errors';
import { CURRENT_PASSWORD_WRONG } from '../domain/errors.ts';
import type { User } from '../domain/user.ts';
import { type AllowAttemptDeps, allowAttempt } from './allow-attempt.ts';
import type { Passwords } from './ports.ts';

export type ProvePasswordDeps = AllowAttemptDeps & { passwords: Pick<Passwords, 'verify'> };

/** The answer to whoever does not know the password that is good now; `pointer` is where it was sent. */
export function currentPasswordWrong(pointer: string): DomainError {
  return new DomainError(CURRENT_PASSWORD_WRONG, 'Nothing was changed.', {
    errors: [{ pointer, detail: 'Send the password that is good now.' }],
  });
}

/**
 * Has somebody who is logged in show the password again: whoever has found a token in use must not find out the password
 * with it. The attempt stays counted until the caller says that all went well. Throws `current-password-wrong`,
 * `rate-limited`.
 */
export async function provePassword(
  deps: ProvePasswordDeps,
  user: User,
  given: { password: string; pointer: string; address: string | undefined },
): Promise<void> {
  await allowAttempt(deps, { email: user.email, address: given.address });
  if (await deps.passwords.verify(user.passwordHash, given.password)) return;
  await deps.failures.fail(given.address);
  throw currentPasswordWrong(given.pointer);
}
