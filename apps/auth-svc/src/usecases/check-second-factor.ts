import { DomainError } from '@uw-wizard/shared/errors';
import { SECOND_FACTOR_WRONG } from '../domain/errors.ts';
import { hashRecoveryCode, type SecondProof, sealPurpose } from '../domain/second-factor.ts';
import type { Seals, Totp, Unit } from './ports.ts';

export type CheckSecondFactorDeps = { totp: Totp; seals: Seals; clock: () => Date };

/** Whether `proof` is good for the user's second factor, which uses it up. */
export async function checkSecondFactor(
  deps: CheckSecondFactorDeps,
  { secondFactors }: Pick<Unit, 'secondFactors'>,
  userId: string,
  proof: SecondProof,
): Promise<boolean> {
  const factor = await secondFactors.find(userId);
  if (factor === null || factor.confirmedAt === null) return false;
  if ('recoveryCode' in proof) {
    return secondFactors.useRecoveryCode(userId, hashRecoveryCode(userId, proof.recoveryCode));
  }
  const secret = openSecret(deps, userId, factor.sealedSecret);
  const step = deps.totp.stepOf(secret, proof.code, deps.clock());
  if (step === null) return false;
  const { sealedSecret } = factor;
  const kept = deps.seals.isDated(sealedSecret) ? deps.seals.seal(secret, sealPurpose(userId)) : sealedSecret;
  return secondFactors.useStep(userId, step, kept);
}

/** The secret of a user's app. */
export function openSecret({ seals }: { seals: Seals }, userId: string, sealed: string): string {
  const secret = seals.open(sealed, sealPurpose(userId));
  if (secret === null) throw new Error(`the second factor of user ${userId} opens with no key of SECOND_FACTOR_KEY`);
  return secret;
}

/** The answer to a code that is wrong, was used, or is none of the user's. */
export function secondFactorWrong(proof: SecondProof): DomainError {
  const [pointer, detail] =
    'code' in proof
      ? ['#/code', 'Send the six figures that the app shows now; each is good once.']
      : ['#/recovery_code', 'Send a recovery code that was not used before.'];
  return new DomainError(SECOND_FACTOR_WRONG, 'Nothing was done.', { errors: [{ pointer, detail }] });
}
