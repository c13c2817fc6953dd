import { analysisSchema, flagSchema, type Statement } from '@uw-wizard/shared/contracts/statement';
import type { FieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import { z } from 'zod';
import type { ReadDocument, Scan, StatementSet, StoredDocument } from '../domain/statement-set.ts';
import { Prisma } from './generated/client.ts';

/** What to load with a document so that `toDocument` can read it: its statement, without the rows, which nobody here asks for. */
export const wholeDocument = { statement: { omit: { transactions: true } } } satisfies Prisma.DocumentInclude;

export const setsTable = plainTable('statement_sets', Object.values(Prisma.StatementSetScalarFieldEnum));
export const documentsTable = plainTable('documents', Object.values(Prisma.DocumentScalarFieldEnum));
export const statementsTable = plainTable('statements', Object.values(Prisma.StatementScalarFieldEnum));

export type DocumentRow = Prisma.DocumentGetPayload<{ include: typeof wholeDocument }>;
export type SetRow = Prisma.StatementSetGetPayload<{ include: { documents: { include: typeof wholeDocument } } }>;

export function toStatementSet(seals: FieldSeals, row: SetRow): StatementSet {
  const { id, tenantId, dealId, merchantId, legalName } = row;
  return {
    id,
    tenantId,
    dealId,
    merchantId,
    legalName,
    analysis: analysisSchema.parse(row.analysis),
    documents: row.documents.map((document) => toDocument(seals, document)),
  };
}

export function toDocument(seals: FieldSeals, row: DocumentRow): StoredDocument {
  const { id, filename, sizeBytes, pages, checksum, bucket, storageKey } = row;
  const statement = row.statement === null ? null : toStatement(seals, row.statement);
  return { id, filename, sizeBytes, pages, checksum, bucket, storageKey, scan: toScan(row), statement };
}

/** The columns of a new document's row. */
export function documentColumns(
  set: Pick<StatementSet, 'id' | 'tenantId' | 'dealId'>,
  document: StoredDocument,
  position: number,
  createdAt: Date,
): Record<(typeof documentsTable.fields)[number], unknown> {
  const { id, bucket, storageKey, checksum, filename, sizeBytes, pages, scan } = document;
  const scanned = scan.status === 'clean' ? scan : { engine: null, scannedAt: null };
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
    scanEngine: scanned.engine,
    scannedAt: scanned.scannedAt,
    createdAt,
  };
}

/** The columns of a read document's statement; null when it has not been read. */
export function statementColumns(
  seals: FieldSeals,
  tenantId: string,
  document: ReadDocument,
): Record<(typeof statementsTable.fields)[number], unknown> | null {
  const { statement } = document;
  if (statement === null) return null;
  return {
    documentId: document.id,
    tenantId,
    bank: statement.bank,
    accountLast4:
      statement.account_last4 === null ? null : seals.seal(statement.account_last4, accountOf(tenantId, document.id)),
    holder: statement.holder,
    periodStart: statement.period_start,
    periodEnd: statement.period_end,
    beginningBalanceCents: statement.beginning_balance_cents,
    endingBalanceCents: statement.ending_balance_cents,
    depositsCents: statement.deposits_cents,
    withdrawalsCents: statement.withdrawals_cents,
    transactionCount: statement.transaction_count,
    reconciled: statement.reconciled,
    confidence: statement.confidence,
    flags: JSON.stringify(statement.flags),
    transactions: JSON.stringify(document.transactions),
  };
}

function toStatement(seals: FieldSeals, row: NonNullable<DocumentRow['statement']>): Statement {
  return {
    bank: row.bank,
    account_last4:
      row.accountLast4 === null ? null : seals.open(row.accountLast4, accountOf(row.tenantId, row.documentId)),
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

/** Where the digits of a statement's account rest. */
function accountOf(tenantId: string, documentId: string) {
  return { tenantId, column: 'statements.account_last4', row: [documentId] };
}

function toScan({ scanStatus, scanEngine, scannedAt }: DocumentRow): Scan {
  if (scanStatus === 'not_scanned' || scannedAt === null) return { status: 'not_scanned' };
  return { status: 'clean', engine: scanEngine ?? 'unknown', scannedAt };
}

function toIsoDate(date: Date | null): string | null {
  return date?.toISOString().slice(0, 10) ?? null;
}

function toNumber(cents: bigint | null): number | null {
  return cents === null ? null : Number(cents);
}
