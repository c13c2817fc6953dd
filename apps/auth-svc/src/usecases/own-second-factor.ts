import { DomainError } from '@uw-wizard/shared/errors';
import { SECOND_FACTOR_EXISTS, SECOND_FACTOR_MISSING } from '../domain/errors.ts';
import {
  hashRecoveryCode,
  recoveryCodeCount,
  recoveryCodeOf,
  type SecondProof,
  sealPurpose,
} from '../domain/second-factor.ts';
import { type CheckSecondFactorDeps, checkSecondFactor, openSecret, secondFactorWrong } from './check-second-factor.ts';
import type { Actor, InTenant } from './ports.ts';
import { type ProvePasswordDeps, provePassword } from './prove-password.ts';

export type OwnSecondFactorDeps = ProvePasswordDeps &
  CheckSecondFactorDeps & {
    store: { inTenant: InTenant };
    randomBytes: (count: number) => Uint8Array;
  };

/** Whose second factor it is: the caller's own. */
type Own = { tenantId: string; userId: string; actor: Actor };

/**
 * Makes a secret for the user's authenticator app; until it is confirmed nothing changes, and another call makes another one.
 * Throws `current-password-wrong`, `second-factor-exists`, `rate-limited`.
 */
export async function enrolSecondFactor(
  deps: OwnSecondFactorDeps,
  { tenantId, userId, actor, password }: Own & { password: string },
): Promise<{ secret: string; uri: string }> {
  const user = await deps.store.inTenant(tenantId, actor, ({ users }) => users.get(userId));
  await provePassword(deps, user, { password, pointer: '#/password', address: actor.address });
  await deps.failures.succeed(user.email);
  const secret = deps.totp.newSecret();
  const sealed = deps.seals.seal(secret, sealPurpose(userId));
  const enrolled = await deps.store.inTenant(tenantId, actor, (unit) => unit.secondFactors.enrol(userId, sealed));
  if (!enrolled) throw new DomainError(SECOND_FACTOR_EXISTS, 'Disable it first, to use another app.');
  return { secret, uri: deps.totp.uriOf(secret, user.email) };
}

/**
 * Has logins ask for the second factor from now on, for a code of the app that has the secret. The recovery codes are told
 * this once. Throws `second-factor-missing`, `second-factor-exists`, `second-factor-wrong`.
 */
export async function confirmSecondFactor(
  deps: OwnSecondFactorDeps,
  { tenantId, userId, actor, code }: Own & { code: string },
): Promise<{ recoveryCodes: string[] }> {
  const recoveryCodes = Array.from({ length: recoveryCodeCount }, () => recoveryCodeOf(deps.randomBytes(10)));
  const hashes = recoveryCodes.map((each) => hashRecoveryCode(userId, each));
  const confirmed = await deps.store.inTenant(tenantId, actor, async ({ secondFactors }) => {
    const factor = await secondFactors.find(userId);
    if (factor === null) throw new DomainError(SECOND_FACTOR_MISSING, 'Begin with POST /api/auth/totp.');
    if (factor.confirmedAt !== null) throw new DomainError(SECOND_FACTOR_EXISTS, 'It is confirmed already.');
    const step = deps.totp.stepOf(openSecret(deps, userId, factor.sealedSecret), code, deps.clock());
    return step !== null && secondFactors.confirm(factor, step, hashes);
  });
  if (!confirmed) throw secondFactorWrong({ code });
  return { recoveryCodes };
}

/**
 * Has logins ask for the password alone. Throws `current-password-wrong`, `second-factor-missing`, `second-factor-wrong`,
 * `rate-limited`.
 */
export async function disableSecondFactor(
  deps: OwnSecondFactorDeps,
  { tenantId, userId, actor, password, proof }: Own & { password: string; proof: SecondProof },
): Promise<void> {
  const { store, failures } = deps;
  const { address } = actor;
  const user = await store.inTenant(tenantId, actor, ({ users }) => users.get(userId));
  await provePassword(deps, user, { password, pointer: '#/password', address });
  const disabled = await store.inTenant(tenantId, actor, async (unit) => {
    if ((await unit.secondFactors.find(userId))?.confirmedAt == null)
      throw new DomainError(SECOND_FACTOR_MISSING, 'There is none to disable.');
    if (!(await checkSecondFactor(deps, unit, userId, proof))) return false;
    await unit.secondFactors.remove(userId);
    return true;
  });
  if (!disabled) {
    await failures.fail(address);
    throw secondFactorWrong(proof);
  }
  await failures.succeed(user.email);
}
