import type { SecondFactor } from '../domain/second-factor.ts';
import { type Actor, audit } from './audit.ts';
import type { AuthTx } from './database.ts';

/** The second factors of the users of `tenantId` in one of its transactions. */
export function createSecondFactors(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  const note = (userId: string, action: string) =>
    audit(tx, tenantId, actor, [{ action, entityType: 'user', entityId: userId }]);
  return {
    find: (userId: string): Promise<SecondFactor | null> =>
      tx.secondFactor.findFirst({
        where: { tenantId, userId },
        select: { userId: true, sealedSecret: true, confirmedAt: true },
      }),

    /** Keeps a secret that is not confirmed yet, in the place of one that was never confirmed; false when one was. */
    async enrol(userId: string, sealedSecret: string): Promise<boolean> {
      const { count } = await tx.secondFactor.updateMany({
        where: { tenantId, userId, confirmedAt: null },
        data: { sealedSecret, createdAt: now },
      });
      if (count === 1) return true;
      const made = await tx.secondFactor.createMany({
        data: [{ tenantId, userId, sealedSecret }],
        skipDuplicates: true,
      });
      return made.count === 1;
    },

    /** Has logins ask for it from now on; `step` is used, and `codeHashes` are its only recovery codes. */
    async confirm(factor: SecondFactor, step: number, codeHashes: readonly string[]): Promise<boolean> {
      const { userId, sealedSecret } = factor;
      const { count } = await tx.secondFactor.updateMany({
        where: { tenantId, userId, sealedSecret, confirmedAt: null },
        data: { confirmedAt: now, lastStep: step },
      });
      if (count === 0) return false;
      await tx.recoveryCode.deleteMany({ where: { tenantId, userId } });
      await tx.recoveryCode.createMany({ data: codeHashes.map((codeHash) => ({ codeHash, tenantId, userId })) });
      await note(userId, 'user.second_factor_confirmed');
      return true;
    },

    /** Uses a step up, and those before it; false when it was. `sealedSecret`: the secret as it is kept from now on. */
    async useStep(userId: string, step: number, sealedSecret: string): Promise<boolean> {
      const { count } = await tx.secondFactor.updateMany({
        where: { tenantId, userId, confirmedAt: { not: null }, lastStep: { lt: step } },
        data: { lastStep: step, sealedSecret },
      });
      return count === 1;
    },

    /** Uses a recovery code up; false when it is none, or was used. */
    async useRecoveryCode(userId: string, codeHash: string): Promise<boolean> {
      const { count } = await tx.recoveryCode.updateMany({
        where: { tenantId, userId, codeHash, usedAt: null },
        data: { usedAt: now },
      });
      if (count === 1) await note(userId, 'user.recovery_code_used');
      return count === 1;
    },

    /** Has logins ask for the password alone. */
    async remove(userId: string): Promise<void> {
      const { count } = await tx.secondFactor.deleteMany({ where: { tenantId, userId } });
      await tx.recoveryCode.deleteMany({ where: { tenantId, userId } });
      if (count === 1) await note(userId, 'user.second_factor_removed');
    },
  };
}
