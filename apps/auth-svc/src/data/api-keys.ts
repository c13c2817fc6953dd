import { writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { ApiKey } from '../domain/api-key.ts';
import { type Actor, audit } from './audit.ts';
import { type AuthTx, factAbout } from './database.ts';
import { after, type Place } from './places.ts';

/** The API keys of `tenantId` in one of its transactions; what is done is done by `actor`. */
export function createApiKeys(tx: AuthTx, tenantId: string, actor: Actor, now: Date) {
  const revoked = async (ids: readonly string[]) => {
    if (ids.length === 0) return;
    audit(
      tx,
      tenantId,
      actor,
      ids.map((id) => ({ action: 'apikey.revoked', entityType: 'api_key', entityId: id })),
    );
    await writeFacts(
      tx,
      { tenantId, now },
      ids.map((id) => factAbout(id, { type: 'apikey.revoked', data: { api_key_id: id } })),
    );
  };
  return {
    /** At most `limit` keys behind `from`, newest first, revoked ones too. */
    page: (limit: number, from: Place | null): Promise<ApiKey[]> =>
      tx.apiKey.findMany({
        where: { tenantId, ...after(from) },
        orderBy: [{ createdAt: 'desc' }, { id: 'desc' }],
        take: limit,
        omit: { keyHash: true },
      }),

    /** Keeps a new key, as its hash, and announces it. */
    async add(key: ApiKey, keyHash: string): Promise<void> {
      const { id, name, role } = key;
      await tx.apiKey.create({ data: { ...key, keyHash } });
      audit(tx, tenantId, actor, [
        { action: 'apikey.created', entityType: 'api_key', entityId: id, after: { name, role } },
      ]);
      await writeFacts(tx, { tenantId, now }, [
        factAbout(id, { type: 'apikey.created', data: { api_key_id: id, role } }),
      ]);
    },

    /** Revokes a key; one that is already stays as it is. False when there is none. */
    async revoke(id: string): Promise<boolean> {
      const { count } = await tx.apiKey.updateMany({
        where: { tenantId, id, revokedAt: null },
        data: { revokedAt: now },
      });
      if (count === 1) await revoked([id]);
      return count === 1 || (await tx.apiKey.count({ where: { tenantId, id } })) === 1;
    },

    /** Revokes all keys of this name. */
    async revokeNamed(name: string): Promise<void> {
      const where = { tenantId, name, revokedAt: null };
      const rows = await tx.apiKey.updateManyAndReturn({ where, data: { revokedAt: now }, select: { id: true } });
      await revoked(rows.map(({ id }) => id));
    },
  };
}
