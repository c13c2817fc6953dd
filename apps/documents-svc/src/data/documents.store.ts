import type { Database } from '@uw-wizard/shared/platform/database';
import { lastTime } from '@uw-wizard/shared/platform/outbox';
import type { StatementSet, StoredDocument } from '../domain/statement-set.ts';
import { toDocument, toStatementSet, wholeDocument, wholeSet } from './rows.ts';
import type { DocumentsTx } from './uploads.store.ts';

/** Finds what was uploaded. */
export function createDocumentsStore(database: Database<DocumentsTx>) {
  return {
    /** Any document of the tenant, of a former set too. */
    async findDocument(tenantId: string, id: string): Promise<StoredDocument | null> {
      const row = await database.withTenant(tenantId, (tx) =>
        tx.document.findFirst({ where: { tenantId, id }, include: wholeDocument }),
      );
      return row === null ? null : toDocument(row);
    },

    /** The deal's current set, with the newest time of the deal's events known here. */
    async findCurrentSet(tenantId: string, dealId: string): Promise<{ set: StatementSet; dealTime: string } | null> {
      return database.withTenant(tenantId, async (tx) => {
        const row = await tx.statementSet.findFirst({ where: { tenantId, dealId, current: true }, include: wholeSet });
        if (row === null) return null;
        return { set: toStatementSet(row), dealTime: await lastTime(tx, tenantId, dealId, row.createdAt) };
      });
    },
  };
}
