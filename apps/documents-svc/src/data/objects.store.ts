import { DomainError } from '@uw-wizard/shared/errors';
import type { Database } from '@uw-wizard/shared/platform/database';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import { UPLOADS_BUSY } from '../domain/errors.ts';
import type { DocumentsTx } from './uploads.store.ts';

const SWEEP_LEASE_MS = 10 * 60_000;

/**
 * Who may touch a stored file: an upload that puts it there, or the sweep that takes it away. Each takes the file's row
 * first, so a file cannot be swept between an upload's `put` and its commit, however old the file was before.
 */
export function createObjectsStore(database: Database<DocumentsTx>) {
  return {
    /** An upload is about to put these files. Throws 503 `uploads-busy` when the sweep is just taking one of them. */
    async want(tenantId: string, keys: readonly string[], now: Date): Promise<void> {
      await database.plain.withTenant(tenantId, async (tx) => {
        tx.later(
          `INSERT INTO stored_objects (tenant_id, storage_key, state, touched_at)
           SELECT $1, key, 'wanted', $3 FROM unnest($2::text[]) AS key ORDER BY key
           ON CONFLICT (tenant_id, storage_key) DO NOTHING`,
          [tenantId, keys, now],
        );
        await touchObjects(tx, tenantId, keys, now);
      });
    },

    /** Which of the tenant's files no document names. */
    async unnamed(tenantId: string, keys: readonly string[]): Promise<string[]> {
      const where = { tenantId, storageKey: { in: [...keys] } };
      const rows = await database.withTenant(tenantId, (tx) =>
        tx.document.findMany({ where, distinct: ['storageKey'], select: { storageKey: true } }),
      );
      const named = new Set(rows.map(({ storageKey }) => storageKey));
      return keys.filter((key) => !named.has(key));
    },

    /**
     * Takes the file for the sweep: true when no document names it and no upload wanted it within `unwantedMs`. What a
     * sweep took and did not finish (it died) can be taken again after `SWEEP_LEASE_MS`.
     */
    async claim(tenantId: string, key: string, now: Date, unwantedMs: number): Promise<boolean> {
      const unwantedSince = new Date(now.getTime() - unwantedMs).toISOString();
      const leftSince = new Date(now.getTime() - SWEEP_LEASE_MS).toISOString();
      return database.withTenant(tenantId, async (tx) => {
        await tx.$executeRaw`
          INSERT INTO stored_objects (tenant_id, storage_key, state, touched_at)
          VALUES (${tenantId}, ${key}, 'wanted', ${unwantedSince}::timestamptz)
          ON CONFLICT (tenant_id, storage_key) DO NOTHING`;
        const claimed = await tx.$executeRaw`
          UPDATE stored_objects SET state = 'sweeping', touched_at = ${now.toISOString()}::timestamptz
          WHERE tenant_id = ${tenantId} AND storage_key = ${key}
            AND ((state = 'wanted' AND touched_at <= ${unwantedSince}::timestamptz)
              OR (state = 'sweeping' AND touched_at <= ${leftSince}::timestamptz))
            AND NOT EXISTS (SELECT 1 FROM documents WHERE tenant_id = ${tenantId} AND storage_key = ${key})`;
        return claimed === 1;
      });
    },

    /** Of every tenant: what a sweep took and did not finish. */
    async unfinishedSweeps(): Promise<{ tenantId: string; key: string }[]> {
      const { rows } = await database.worker.query<{ tenant_id: string; storage_key: string }>(
        `SELECT tenant_id, storage_key FROM stored_objects WHERE state = 'sweeping'`,
      );
      return rows.map((row) => ({ tenantId: row.tenant_id, key: row.storage_key }));
    },

    /** The file is gone. */
    async forget(tenantId: string, key: string): Promise<void> {
      await database.withTenant(tenantId, async (tx) => {
        await tx.storedObject.deleteMany({ where: { tenantId, storageKey: key, state: 'sweeping' } });
      });
    },
  };
}

/** Notes that an upload wants these files now; their rows stay locked until the transaction ends. */
export async function touchObjects(tx: PlainTx, tenantId: string, keys: readonly string[], now: Date): Promise<void> {
  const wanted = new Set(keys);
  // Locked in one order, whoever locks them: two uploads of the same files never wait for each other crosswise.
  const touched = await tx.run(
    `WITH locked AS (
       SELECT storage_key FROM stored_objects WHERE tenant_id = $1 AND storage_key = ANY($2) AND state = 'wanted'
       ORDER BY storage_key FOR UPDATE)
     UPDATE stored_objects o SET touched_at = $3 FROM locked
     WHERE o.tenant_id = $1 AND o.storage_key = locked.storage_key`,
    [tenantId, [...wanted], now],
  );
  if (touched < wanted.size) {
    throw new DomainError(UPLOADS_BUSY, 'An old copy of a file is being removed. Nothing was stored; try again.', {
      retryAfterSeconds: 1,
    });
  }
}
