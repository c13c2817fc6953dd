import type { Position } from '@uw-wizard/shared/contracts/statement';

/** How a generated statement looks. They differ in bank, columns, date form, sign form and words; the figures mean the same. */
export type Layout = 'columns' | 'signed' | 'sections' | 'dates-once';

/** An advance being repaid from the account: `paymentCents` leaves every business day, every week or every month. */
export type FundingPosition = { funder: string; paymentCents: number; frequency: 'daily' | 'weekly' | 'monthly' };

export type GenerateOptions = {
  /** The same options give the same bytes. */
  seed: number;
  legalName: string;
  /** 3 when absent. */
  months?: number;
  /** Last month, `YYYY-MM`; 2026-10 when absent. */
  endingMonth?: string;
  /** `columns` when absent. */
  layout?: Layout;
  /** True revenue of each month, give or take 6 %; 6,000,000 (60,000 dollars) when absent. */
  monthlyRevenueCents?: number;
  /** Returned-item or overdraft fees, spread over the months; 0 when absent. */
  nsfCount?: number;
  fundingPositions?: FundingPosition[];
  /**
   * A merchant that sells every other day and pays few bills, so that each statement has one page (but for `sections`, which
   * also lists each day's balance); false when absent.
   */
  onePage?: boolean;
};

/** A row exactly as printed. `amountCents` is negative for money that left; `revenue` says whether it is true revenue. */
export type TruthRow = {
  date: string;
  description: string;
  amountCents: number;
  runningBalanceCents: number | null;
  revenue: boolean;
};

/** What one generated statement says, and what a reader must find in it. */
export type StatementTruth = {
  bank: string;
  accountLast4: string;
  holder: string;
  periodStart: string;
  periodEnd: string;
  beginningBalanceCents: number;
  endingBalanceCents: number;
  depositsCents: number;
  withdrawalsCents: number;
  /** In the order of the page. */
  transactions: TruthRow[];
};

/** What the statements of one merchant say together; money per month is a mean over the months, rounded to the cent. */
export type AnalysisTruth = {
  months: number;
  avgMonthlyRevenueCents: number;
  avgMonthlyDepositsCents: number;
  avgDailyBalanceCents: number;
  nsfCount: number;
  negativeDays: number;
  depositCount: number;
  positions: Position[];
};

export type StatementFile = { filename: string; pdf: Buffer; truth: StatementTruth; analysis: AnalysisTruth };
