import { DomainError } from '@uw-wizard/shared/errors';
import { RATE_LIMITED } from '../domain/errors.ts';
import type { LoginFailures } from './ports.ts';

export type AllowAttemptDeps = { failures: LoginFailures };

/**
 * Lets an attempt to show an account's password be made, and counts it. Throws `rate-limited` while too many were made in
 * vain.
 */
export async function allowAttempt(
  deps: AllowAttemptDeps,
  { email, address }: { email: string; address: string | undefined },
): Promise<void> {
  const wait = await deps.failures.begin(email, address);
  if (wait === 0) return;
  throw new DomainError(RATE_LIMITED, 'Too many attempts have failed. Wait before the next one.', {
    retryAfterSeconds: wait,
  });
}
