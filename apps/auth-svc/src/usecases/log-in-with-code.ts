import { DomainError } from '@uw-wizard/shared/errors';
import { INVALID_MFA_TOKEN } from '../domain/errors.ts';
import type { SecondProof } from '../domain/second-factor.ts';
import { type AllowAttemptDeps, allowAttempt } from './allow-attempt.ts';
import { type CheckSecondFactorDeps, checkSecondFactor, secondFactorWrong } from './check-second-factor.ts';
import { openMfaToken } from './mfa-token.ts';
import type { InTenant } from './ports.ts';
import { type From, type LoggedIn, type StartSessionDeps, startSession } from './start-session.ts';

export type LogInWithCodeDeps = AllowAttemptDeps &
  StartSessionDeps &
  CheckSecondFactorDeps & { store: { inTenant: InTenant } };

/**
 * The second half of a login: starts a session for whoever has shown the password (`mfaToken`) and now the second factor. An
 * attempt counts as one at the account's password does. Throws `invalid-mfa-token`, `second-factor-wrong`, `rate-limited`.
 */
export async function logInWithCode(
  deps: LogInWithCodeDeps,
  input: { mfaToken: string; proof: SecondProof } & From,
): Promise<LoggedIn> {
  const { store, failures } = deps;
  const refused = new DomainError(INVALID_MFA_TOKEN, 'Log in with the password again.');
  const token = openMfaToken(deps, input.mfaToken);
  if (token === null) throw refused;
  const actor = { id: token.userId, address: input.address };
  const user = await store.inTenant(token.tenantId, actor, ({ users }) => users.find(token.userId));
  if (user === null || user.disabledAt !== null || !token.isOf(user)) throw refused;
  await allowAttempt(deps, { email: user.email, address: input.address });
  const { session, loggedIn } = startSession(deps, user, input);
  const started = await store.inTenant(user.tenantId, actor, async (unit) => {
    const isGood = await checkSecondFactor(deps, unit, user.id, input.proof);
    await (isGood ? unit.sessions.start(session) : unit.sessions.fail(user.id, 'wrong-second-factor'));
    return isGood;
  });
  if (!started) {
    await failures.fail(input.address);
    throw secondFactorWrong(input.proof);
  }
  await failures.succeed(user.email);
  return loggedIn();
}
