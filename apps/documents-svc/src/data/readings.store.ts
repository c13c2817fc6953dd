import { statementAnalyzed } from '@uw-wizard/shared/contracts/documents';
import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import type { Database } from '@uw-wizard/shared/platform/database';
import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { ReadDocument, StatementSet } from '../domain/statement-set.ts';
import { findSet } from './find-set.ts';
import { lockStatements } from './lock-statements.ts';
import { documentsTable, statementColumns, statementsTable } from './rows.ts';
import type { DocumentsTx } from './uploads.store.ts';

/** Sets whose reading took longer than an upload may wait. */
export function createReadingsStore(database: Database<DocumentsTx>, seals: FieldSeals) {
  return {
    /** Takes the oldest pending current set, of any tenant, until `until`: nobody else reads it meanwhile. Null: none left. */
    async leasePending(now: Date, until: Date): Promise<StatementSet | null> {
      const { rows } = await database.worker.query<{ tenant_id: string; id: string }>(
        `UPDATE statement_sets SET leased_until = $2
         WHERE (tenant_id, id) IN (
           SELECT tenant_id, id FROM statement_sets
           WHERE status = 'pending' AND current AND (leased_until IS NULL OR leased_until <= $1)
           ORDER BY created_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING tenant_id, id`,
        [now, until],
      );
      const leased = rows[0];
      if (leased === undefined) return null;
      const { tenant_id: tenantId, id } = leased;
      const found = await database.plain.withTenant(tenantId, (tx) => findSet(tx, seals, tenantId, { id }));
      return found?.set ?? null;
    },

    /** Saves what was read and announces it. Done once: false when the set was finished before, or replaced meanwhile. */
    async finish(
      set: StatementSet,
      documents: readonly ReadDocument[],
      analysis: Analysis,
      now: Date,
    ): Promise<boolean> {
      const { id, tenantId, dealId, merchantId } = set;
      return database.plain.withTenant(tenantId, async (tx) => {
        lockStatements(tx, tenantId, dealId);
        const finished = await tx.run(
          `UPDATE statement_sets SET status = 'done', analysis = $3, read_at = $4, leased_until = NULL
           WHERE tenant_id = $1 AND id = $2 AND status = 'pending' AND current`,
          [tenantId, id, JSON.stringify(analysis), now],
        );
        if (finished === 0) return false;
        for (const document of documents)
          documentsTable.update(tx, { tenantId, id: document.id }, { pages: document.pages });
        const statements = documents.map((document) => statementColumns(seals, tenantId, document));
        statementsTable.insert(
          tx,
          statements.filter((statement) => statement !== null),
        );
        await writeFacts(tx, { tenantId, now }, [
          fact(statementAnalyzed, { dealId, merchantId }, { statement_set_id: id, analysis }),
        ]);
        return true;
      });
    },

    /** Gives a set back after a failure, to be taken again at `at`. */
    async postpone(set: StatementSet, at: Date): Promise<void> {
      const { tenantId, id } = set;
      await database.withTenant(tenantId, (tx) =>
        tx.statementSet.updateMany({ where: { tenantId, id, status: 'pending' }, data: { leasedUntil: at } }),
      );
    },
  };
}
