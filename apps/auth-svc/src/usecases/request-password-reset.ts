import { DomainError } from '@uw-wizard/shared/errors';
import { RATE_LIMITED } from '../domain/errors.ts';
import type { LoginFailures } from './ports.ts';

export type RequestPasswordResetDeps = {
  store: { requestReset(email: string, address: string | undefined): Promise<void> };
  failures: Pick<LoginFailures, 'beginFromNetwork'>;
  /** Wakes whoever writes the mails. */
  mailIsDue: () => void;
};

/**
 * Notes that somebody wants another password for an account. What happens here is the same whether or not there is such an
 * account. Throws `rate-limited` for a network from which many ask, or fail to log in.
 */
export async function requestPasswordReset(
  deps: RequestPasswordResetDeps,
  { email, address }: { email: string; address: string | undefined },
): Promise<void> {
  const wait = await deps.failures.beginFromNetwork(address);
  if (wait > 0) {
    throw new DomainError(RATE_LIMITED, 'Wait before you ask again.', { retryAfterSeconds: wait });
  }
  await deps.store.requestReset(email, address);
  deps.mailIsDue();
}
