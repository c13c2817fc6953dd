import { DomainError } from '@uw-wizard/shared/errors';
import { RATE_LIMITED } from '../domain/errors.ts';
import type { LoginFailures, Passwords } from './ports.ts';

export type AllowAttemptDeps = { failures: LoginFailures; passwords: Pick<Passwords, 'isBusy'> };

/**
 * Lets an attempt to show an account's password be made, and counts it. Throws `rate-limited` while too many were made in
 * vain, or too many are being made now.
 */
export async function allowAttempt(
  deps: AllowAttemptDeps,
  { email, address }: { email: string; address: string | undefined },
): Promise<void> {
  // Before anything is asked or counted: whoever comes in a crowd is no guesser.
  if (deps.passwords.isBusy()) throw tooMany('Many are logging in now. Try again in a moment.', 1);
  const wait = await deps.failures.begin(email, address);
  if (wait > 0) throw tooMany('Too many attempts have failed. Wait before the next one.', wait);
}

function tooMany(detail: string, retryAfterSeconds: number): DomainError {
  return new DomainError(RATE_LIMITED, detail, { retryAfterSeconds });
}
