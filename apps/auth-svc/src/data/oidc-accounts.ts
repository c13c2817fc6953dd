import type { OidcAccount } from '../domain/oidc-claims.ts';
import { type Actor, audit } from './audit.ts';
import type { AuthTx } from './database.ts';

/** Who is whom at the provider, for the users of `tenantId` in one of its transactions. */
export function createOidcAccounts(tx: AuthTx, tenantId: string, actor: Actor) {
  return {
    /** The user who logs in with this account. */
    async userOf({ issuer, subject }: OidcAccount): Promise<string | null> {
      const found = await tx.oidcAccount.findFirst({ where: { tenantId, issuer, subject }, select: { userId: true } });
      return found?.userId ?? null;
    },

    /** False when another user does, of any tenant, or when the user has another account of this issuer. */
    async link({ issuer, subject }: OidcAccount, userId: string): Promise<boolean> {
      const data = [{ issuer, subject, tenantId, userId }];
      const { count } = await tx.oidcAccount.createMany({ data, skipDuplicates: true });
      if (count === 0) return false;
      audit(tx, tenantId, actor, [{ action: 'user.linked', entityType: 'user', entityId: userId, after: { issuer } }]);
      return true;
    },
  };
}
