import {
  documentAlerted,
  documentRejected,
  documentUploaded,
  statementAnalyzed,
} from '@uw-wizard/shared/contracts/documents';
import { type Command, commitCommand, type RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Database } from '@uw-wizard/shared/platform/database';
import { fact, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { DealNews, NewStatementSet, StatementSet } from '../domain/statement-set.ts';
import type { Prisma } from './generated/client.ts';
import { idAfter } from './id-after.ts';
import { lockStatements } from './lock-statements.ts';
import { touchObjects } from './objects.store.ts';
import { documentColumns, statementColumns, toStatementSet, wholeSet } from './rows.ts';

type SavedSet = NewStatementSet & Pick<StatementSet, 'id'>;

export type DocumentsTx = Prisma.TransactionClient;

/** Saves uploads and their refusals, each in one transaction with the facts that announce it. */
export function createUploadsStore(database: Database<DocumentsTx>) {
  return {
    /**
     * Makes `set` the deal's current one, announces it, and records the call's answer. Uploads for one deal are put in a
     * row by a lock on the deal, held until commit: the last to commit is current and has the greatest id, by which others
     * tell a later set from an earlier one. A repeat of the call that made a set gets that set.
     */
    commit(
      command: Command<StatementSet>,
      made: NewStatementSet,
      news: DealNews,
      now: Date,
    ): Promise<{ result: StatementSet; answer: RecordedAnswer }> {
      return commitCommand(database, command, async (tx) => {
        const { tenantId, dealId } = made;
        await lockStatements(tx, tenantId, dealId);
        await observe(tx, tenantId, dealId, news.dealTime);
        const earlier = await findMade(tx, tenantId, command.ref, now);
        if (earlier !== null) return earlier;
        const set = { ...made, id: await nextSetId(tx, tenantId, dealId) };
        await touchObjects(tx, tenantId, keysOf(set), now);
        await tx.statementSet.updateMany({ where: { tenantId, dealId, current: true }, data: { current: false } });
        await insertSet(tx, set, command.ref, now);
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
      await database.withTenant(tenantId, async (tx) => {
        await observe(tx, tenantId, dealId, dealTime);
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
  tx: DocumentsTx,
  tenantId: string,
  commandRef: string,
  now: Date,
): Promise<StatementSet | null> {
  const dayAgo = new Date(now.getTime() - 24 * 60 * 60 * 1000);
  await tx.statementSet.updateMany({
    where: { tenantId, commandRef, createdAt: { lt: dayAgo } },
    data: { commandRef: null },
  });
  const row = await tx.statementSet.findFirst({ where: { tenantId, commandRef }, include: wholeSet });
  return row === null ? null : toStatementSet(row);
}

/** Under the deal's lock: greater than the ids of all the deal's sets, whatever the clocks of the processes that made them. */
async function nextSetId(tx: DocumentsTx, tenantId: string, dealId: string): Promise<string> {
  const last = await tx.statementSet.findFirst({
    where: { tenantId, dealId },
    orderBy: { id: 'desc' },
    select: { id: true },
  });
  return idAfter(last?.id ?? null);
}

async function insertSet(tx: DocumentsTx, set: SavedSet, commandRef: string, now: Date): Promise<void> {
  const { id, tenantId, dealId, merchantId, legalName, analysis, documents } = set;
  const { status } = analysis;
  await tx.statementSet.create({
    data: {
      id,
      tenantId,
      dealId,
      merchantId,
      legalName,
      status,
      analysis,
      current: true,
      commandRef,
      createdAt: now,
      readAt: status === 'done' ? now : null,
    },
  });
  await tx.document.createMany({ data: documents.map((document, at) => documentColumns(set, document, at, now)) });
  const statements = documents.map((document) => statementColumns(tenantId, document));
  await tx.statement.createMany({ data: statements.filter((statement) => statement !== null) });
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

function keysOf(set: Pick<NewStatementSet, 'documents'>): string[] {
  return set.documents.map(({ storageKey }) => storageKey);
}
