import { blankTexts, erasedText } from '@uw-wizard/shared/platform/blank';
import type { Database } from '@uw-wizard/shared/platform/database';
import type { Erased, ErasureSteps } from '@uw-wizard/shared/platform/erasure';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Storage } from '@uw-wizard/shared/platform/storage';
import type { DocumentsTx } from './uploads.store.ts';

/** Statements go with their files; of each remain its place, its size, its months and its figures. */
export function createDocumentsErasure(deps: {
  database: Pick<Database<DocumentsTx>, 'plain'>;
  storage: Pick<Storage, 'remove'>;
}): Required<ErasureSteps> {
  return {
    async removeFiles({ tenantId, dealIds }) {
      // Every upload notes its files there before it stores them, so those that it never came to name are among them.
      const files = await deps.database.plain.withTenant(tenantId, (tx) =>
        tx.rows<{ key: string }>(
          `SELECT storage_key AS key FROM stored_objects
           WHERE tenant_id = $1 AND split_part(storage_key, '/', 2) = ANY($2)`,
          [tenantId, dealIds],
        ),
      );
      for (const { key } of files) await deps.storage.remove(key);
      return files.length;
    },
    blankRows,
  };
}

async function blankRows(tx: PlainTx, { tenantId, merchantId, dealIds }: Erased) {
  tx.later(`DELETE FROM stored_objects WHERE tenant_id = $1 AND split_part(storage_key, '/', 2) = ANY($2)`, [
    tenantId,
    dealIds,
  ]);
  const sets = await tx.rows<{ id: string; analysis: unknown }>(
    'SELECT id, analysis FROM statement_sets WHERE tenant_id = $1 AND merchant_id = $2 ORDER BY id FOR UPDATE',
    [tenantId, merchantId],
  );
  for (const { id, analysis } of sets) {
    // Whoever is reading it finds nothing left to finish.
    tx.later(
      `UPDATE statement_sets SET legal_name = $3, analysis = $4, status = 'done', leased_until = NULL
       WHERE tenant_id = $1 AND id = $2`,
      [tenantId, id, erasedText, JSON.stringify(blankTexts(analysis))],
    );
  }
  const documents = await tx.rows<{ id: string }>(
    `UPDATE documents SET filename = $3, storage_key = '' WHERE tenant_id = $1 AND set_id = ANY($2) RETURNING id`,
    [tenantId, sets.map(({ id }) => id), erasedText],
  );
  const documentIds = documents.map(({ id }) => id);
  const statements = await tx.run(
    `UPDATE statements SET bank = NULL, account_last4 = NULL, holder = NULL, flags = '[]', transactions = '[]'
     WHERE tenant_id = $1 AND document_id = ANY($2)`,
    [tenantId, documentIds],
  );
  const ids = [...sets.map(({ id }) => id), ...documentIds];
  return { rows: ids.length + statements, ids };
}
