import type { Analysis, Statement } from '@uw-wizard/shared/contracts/statement';
import type { Transaction } from './statement/model.ts';

/** What the malware scan said. `not_scanned`: no scanner is configured. */
export type Scan = { status: 'clean'; engine: string; scannedAt: Date } | { status: 'not_scanned' };

/** The scan's verdict on a file that is not stored yet. */
export type ScanResult = Scan | { status: 'infected'; signature: string };

/** One stored file. `pages` and `statement` are null until it has been read. */
export type StoredDocument = {
  id: string;
  filename: string;
  sizeBytes: number;
  pages: number | null;
  /** Hex SHA-256. */
  checksum: string;
  bucket: string;
  storageKey: string;
  scan: Scan;
  statement: Statement | null;
};

/** A document together with its rows, as it is saved. */
export type ReadDocument = StoredDocument & { transactions: readonly Transaction[] };

/** Three statements uploaded together. `analysis.status` says whether they have been read. */
export type StatementSet = {
  id: string;
  tenantId: string;
  dealId: string;
  merchantId: string;
  legalName: string;
  analysis: Analysis;
  documents: readonly StoredDocument[];
};

/** What a deal's current set says. `reconciled`: every one of its statements adds up. `dealTime`: as in `DealNews`. */
export type CurrentReading = { id: string; analysis: Analysis; reconciled: boolean; dealTime: string };

/** A set that is about to be saved, which gives it its id; documents without a statement have no rows. */
export type NewStatementSet = Omit<StatementSet, 'id' | 'documents'> & { documents: readonly ReadDocument[] };

/** What deals-svc said about the deal: whose it is, and the newest time of its events there. */
export type DealNews = { tenantId: string; dealId: string; merchantId: string; dealTime: string };

/** The analysis of a set that is still being read: no figure is known. */
export const pendingAnalysis: Analysis = {
  status: 'pending',
  months: 0,
  avg_monthly_revenue_cents: null,
  avg_monthly_deposits_cents: null,
  avg_daily_balance_cents: null,
  nsf_count: null,
  negative_days: null,
  deposit_count: null,
  positions: [],
  flags: [],
};

/** Where a file of a deal is kept: tenant, deal and content, nothing that a client named. */
export function storageKeyOf(tenantId: string, dealId: string, checksum: string): string {
  return `${tenantId}/${dealId}/${checksum}.pdf`;
}

/** A file that was accepted and then could not be read: every figure null, and one flag that says why. */
export function unreadableStatement(code: string, detail: string): Statement {
  return {
    bank: null,
    account_last4: null,
    holder: null,
    period_start: null,
    period_end: null,
    beginning_balance_cents: null,
    ending_balance_cents: null,
    deposits_cents: null,
    withdrawals_cents: null,
    transaction_count: null,
    reconciled: false,
    confidence: 0,
    flags: [{ code, detail }],
  };
}
