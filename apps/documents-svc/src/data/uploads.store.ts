import {
  documentAlerted,
  documentRejected,
  documentUploaded,
  statementAnalyzed,
} from '@uw-wizard/shared/contracts/documents';
import { audit } from '@uw-wizard/shared/platform/audit';
import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { refuseErased } from '@uw-wizard/shared/platform/erasure';
import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { fact, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { DealNews, NewStatementSet, StatementSet } from '../domain/statement-set.ts';
import { findSet } from './find-set.ts';
import type { Prisma } from './generated/client.ts';
import { idAfter } from './id-after.ts';
import { lockStatements } from './lock-statements.ts';
import { touchObjects } from './objects.store.ts';
import { documentColumns, documentsTable, setsTable, statementColumns, statementsTable } from './rows.ts';

type SavedSet = NewStatementSet & Pick<StatementSet, 'id'>;

export type DocumentsTx = Prisma.TransactionClient;

/** Saves uploads and their refusals, each in one transaction with the facts that announce it. */
export function createUploadsStore(database: Database<DocumentsTx>, seals: FieldSeals) {
  return {
    /**
     * Makes `set` the deal's current one, announces it, and records the call's answer. Uploads for one deal are put in a
     * row by a lock on the deal, held until commit: the last to commit is current and has the greatest id, by which others
     * tell a later set from an earlier one. A repeat of the call that made a set gets that set. Throws `merchant-erased`.
     */
    commit(
      command: Command<StatementSet>,
      made: NewStatementSet,
      news: DealNews,
      now: Date,
    ): Promise<{ result: StatementSet; answer: RecordedAnswer }> {
      return commitCommand(database.plain, command, async (tx) => {
        const { tenantId, dealId } = made;
        lockStatements(tx, tenantId, dealId);
        await observe(tx, tenantId, dealId, news.dealTime);
        const earlier = await findMade(tx, seals, tenantId, command.ref, now);
        if (earlier !== null) return earlier;
        await refuseErased(tx, tenantId, made.merchantId);
        const set = { ...made, id: await nextSetId(tx, tenantId, dealId) };
        await touchObjects(tx, tenantId, keysOf(set), now);
        tx.later('UPDATE statement_sets SET current = false WHERE tenant_id = $1 AND deal_id = $2 AND current', [
          tenantId,
          dealId,
        ]);
        insertSet(tx, seals, set, command.ref, now);
        const checksums = set.documents.map(({ checksum }) => checksum).join(' ');
        note(tx, tenantId, 'document.uploaded', dealId, { statementSetId: set.id, checksums });
        await writeFacts(tx, { tenantId, now }, factsOf(set));
        return set;
      });
    },

    /** Announces that an upload was refused; `alert` also asks that people are told. */
    async recordRefusal(
      news: DealNews,
      refusal: { code: string; fileCount: number; alert?: string },
      now: Date,
    ): Promise<void> {
      const { tenantId, dealId, merchantId, dealTime } = news;
      const about = { dealId, merchantId };
      await database.plain.withTenant(tenantId, async (tx) => {
        await observe(tx, tenantId, dealId, dealTime);
        note(tx, tenantId, 'document.rejected', dealId, { code: refusal.code, fileCount: refusal.fileCount });
        await writeFacts(tx, { tenantId, now }, [
          fact(documentRejected, about, { code: refusal.code, filename_count: refusal.fileCount }),
          ...(refusal.alert === undefined
            ? []
            : [fact(documentAlerted, about, { severity: 'warning', code: refusal.code, message: refusal.alert })]),
        ]);
      });
    },
  };
}

/**
 * The set that this very call made before. A key is free again a day later, when its answer is forgotten: the old set then
 * lets go of it.
 */
async function findMade(
  tx: PlainTx,
  seals: FieldSeals,
  tenantId: string,
  commandRef: string,
  now: Date,
): Promise<StatementSet | null> {
  const dayAgo = new Date(now.getTime() - 24 * 60 * 60 * 1000);
  tx.later(
    'UPDATE statement_sets SET command_ref = NULL WHERE tenant_id = $1 AND command_ref = $2 AND created_at < $3',
    [tenantId, commandRef, dayAgo],
  );
  return (await findSet(tx, seals, tenantId, { commandRef }))?.set ?? null;
}

/** Under the deal's lock: greater than the ids of all the deal's sets, whatever the clocks of the processes that made them. */
async function nextSetId(tx: PlainTx, tenantId: string, dealId: string): Promise<string> {
  const [last] = await tx.rows<{ id: string }>(
    'SELECT id FROM statement_sets WHERE tenant_id = $1 AND deal_id = $2 ORDER BY id DESC LIMIT 1',
    [tenantId, dealId],
  );
  return idAfter(last?.id ?? null);
}

function insertSet(tx: PlainTx, seals: FieldSeals, set: SavedSet, commandRef: string, now: Date): void {
  const { id, tenantId, dealId, merchantId, legalName, analysis, documents } = set;
  const { status } = analysis;
  const readAt = status === 'done' ? now : null;
  const about = { id, tenantId, dealId, merchantId, legalName, status, analysis: JSON.stringify(analysis) };
  setsTable.insert(tx, [{ ...about, current: true, commandRef, leasedUntil: null, createdAt: now, readAt }]);
  documentsTable.insert(
    tx,
    documents.map((document, at) => documentColumns(set, document, at, now)),
  );
  const statements = documents.map((document) => statementColumns(seals, tenantId, document));
  statementsTable.insert(
    tx,
    statements.filter((statement) => statement !== null),
  );
}

function factsOf(set: SavedSet) {
  const about = { dealId: set.dealId, merchantId: set.merchantId };
  const uploaded = fact(documentUploaded, about, {
    statement_set_id: set.id,
    kind: 'bank_statements',
    documents: set.documents.map(({ id, checksum, sizeBytes, pages }) => ({
      document_id: id,
      checksum,
      size_bytes: sizeBytes,
      pages,
    })),
  });
  if (set.analysis.status === 'pending') return [uploaded];
  return [uploaded, fact(statementAnalyzed, about, { statement_set_id: set.id, analysis: set.analysis })];
}

function note(tx: PlainTx, tenantId: string, action: string, dealId: string, after: object): void {
  audit(tx, { publisher: 'documents-svc', tenantId }, [{ action, entityType: 'deal', entityId: dealId, after }]);
}

function keysOf(set: Pick<NewStatementSet, 'documents'>): string[] {
  return set.documents.map(({ storageKey }) => storageKey);
}
