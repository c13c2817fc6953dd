import { analysisSchema } from '@uw-wizard/shared/contracts/statement';
import type { Database } from '@uw-wizard/shared/platform/database';
import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { lastTime } from '@uw-wizard/shared/platform/outbox';
import type { CurrentReading, StatementSet, StoredDocument } from '../domain/statement-set.ts';
import { findSet } from './find-set.ts';
import { toDocument, wholeDocument } from './rows.ts';
import type { DocumentsTx } from './uploads.store.ts';

/** Finds what was uploaded. */
export function createDocumentsStore(database: Database<DocumentsTx>, seals: FieldSeals) {
  return {
    /** Any document of the tenant, of a former set too. */
    async findDocument(tenantId: string, id: string): Promise<StoredDocument | null> {
      const row = await database.withTenant(tenantId, (tx) =>
        tx.document.findFirst({ where: { tenantId, id }, include: wholeDocument }),
      );
      return row === null ? null : toDocument(seals, row);
    },

    /** The deal's current set. */
    async findCurrentSet(tenantId: string, dealId: string): Promise<StatementSet | null> {
      const found = await database.plain.withTenant(tenantId, (tx) =>
        findSet(tx, seals, tenantId, { currentOf: dealId }),
      );
      return found?.set ?? null;
    },

    /** What the deal's current set says, with the newest time of the deal's events known here. */
    async findCurrentReading(tenantId: string, dealId: string): Promise<CurrentReading | null> {
      return database.plain.withTenant(tenantId, async (tx) => {
        const [[row], known] = await Promise.all([
          tx.rows<{ id: string; analysis: unknown; createdAt: Date; reconciled: boolean }>(
            `SELECT t.id, t.analysis, t.created_at AS "createdAt",
               (SELECT coalesce(bool_and(coalesce(s.reconciled, false)), true) FROM documents d
                LEFT JOIN statements s ON s.tenant_id = d.tenant_id AND s.document_id = d.id
                WHERE d.tenant_id = t.tenant_id AND d.set_id = t.id) AS reconciled
             FROM statement_sets t WHERE t.tenant_id = $1 AND t.deal_id = $2 AND t.current`,
            [tenantId, dealId],
          ),
          lastTime(tx, tenantId, dealId),
        ]);
        if (row === undefined) return null;
        const { createdAt, analysis, ...reading } = row;
        return { ...reading, analysis: analysisSchema.parse(analysis), dealTime: known ?? createdAt.toISOString() };
      });
    },
  };
}
