import { analysisSchema, flagSchema, type Statement } from '@uw-wizard/shared/contracts/statement';
import { z } from 'zod';
import type { ReadDocument, Scan, StatementSet, StoredDocument } from '../domain/statement-set.ts';
import type { Prisma } from './generated/client.ts';

/** What to load with a document so that `toDocument` can read it: its statement, without the rows, which nobody here asks for. */
export const wholeDocument = { statement: { omit: { transactions: true } } } satisfies Prisma.DocumentInclude;

/** What to load with a set so that `toStatementSet` can read it. */
export const wholeSet = {
  documents: { include: wholeDocument, orderBy: { position: 'asc' } },
} satisfies Prisma.StatementSetInclude;

export type DocumentRow = Prisma.DocumentGetPayload<{ include: typeof wholeDocument }>;
export type SetRow = Prisma.StatementSetGetPayload<{ include: typeof wholeSet }>;

export function toStatementSet(row: SetRow): StatementSet {
  const { id, tenantId, dealId, merchantId, legalName } = row;
  return {
    id,
    tenantId,
    dealId,
    merchantId,
    legalName,
    analysis: analysisSchema.parse(row.analysis),
    documents: row.documents.map(toDocument),
  };
}

export function toDocument(row: DocumentRow): StoredDocument {
  const { id, filename, sizeBytes, pages, checksum, bucket, storageKey } = row;
  const statement = row.statement === null ? null : toStatement(row.statement);
  return { id, filename, sizeBytes, pages, checksum, bucket, storageKey, scan: toScan(row), statement };
}

/** The columns of a new document's row. */
export function documentColumns(
  set: Pick<StatementSet, 'id' | 'tenantId' | 'dealId'>,
  document: StoredDocument,
  position: number,
  createdAt: Date,
): Prisma.DocumentCreateManyInput {
  const { id, bucket, storageKey, checksum, filename, sizeBytes, pages, scan } = document;
  const scanned = scan.status === 'clean' ? { scanEngine: scan.engine, scannedAt: scan.scannedAt } : {};
  return {
    id,
    tenantId: set.tenantId,
    setId: set.id,
    dealId: set.dealId,
    position,
    bucket,
    storageKey,
    checksum,
    filename,
    sizeBytes,
    pages,
    scanStatus: scan.status,
    ...scanned,
    createdAt,
  };
}

/** The columns of a read document's statement; null when it has not been read. */
export function statementColumns(tenantId: string, document: ReadDocument): Prisma.StatementCreateManyInput | null {
  const { statement } = document;
  if (statement === null) return null;
  return {
    documentId: document.id,
    tenantId,
    bank: statement.bank,
    accountLast4: statement.account_last4,
    holder: statement.holder,
    periodStart: toDate(statement.period_start),
    periodEnd: toDate(statement.period_end),
    beginningBalanceCents: statement.beginning_balance_cents,
    endingBalanceCents: statement.ending_balance_cents,
    depositsCents: statement.deposits_cents,
    withdrawalsCents: statement.withdrawals_cents,
    transactionCount: statement.transaction_count,
    reconciled: statement.reconciled,
    confidence: statement.confidence,
    flags: statement.flags,
    transactions: document.transactions.map((transaction) => ({ ...transaction })),
  };
}

function toStatement(row: NonNullable<DocumentRow['statement']>): Statement {
  return {
    bank: row.bank,
    account_last4: row.accountLast4,
    holder: row.holder,
    period_start: toIsoDate(row.periodStart),
    period_end: toIsoDate(row.periodEnd),
    beginning_balance_cents: toNumber(row.beginningBalanceCents),
    ending_balance_cents: toNumber(row.endingBalanceCents),
    deposits_cents: toNumber(row.depositsCents),
    withdrawals_cents: toNumber(row.withdrawalsCents),
    transaction_count: row.transactionCount,
    reconciled: row.reconciled,
    confidence: row.confidence,
    flags: z.array(flagSchema).parse(row.flags),
  };
}

function toScan({ scanStatus, scanEngine, scannedAt }: DocumentRow): Scan {
  if (scanStatus === 'not_scanned' || scannedAt === null) return { status: 'not_scanned' };
  return { status: 'clean', engine: scanEngine ?? 'unknown', scannedAt };
}

function toDate(date: string | null): Date | null {
  return date === null ? null : new Date(`${date}T00:00:00Z`);
}

function toIsoDate(date: Date | null): string | null {
  return date?.toISOString().slice(0, 10) ?? null;
}

function toNumber(cents: bigint | null): number | null {
  return cents === null ? null : Number(cents);
}
