import type { Position } from '@uw-wizard/shared/contracts/statement';
import type { DealStatus } from './deal-status.ts';
import type { DealFact } from './facts.ts';
import type { Confirmation } from './intake/questions.ts';
import type { Offer, PaperGrade } from './offer.ts';

export type ReviewStatus = 'none' | 'pending' | 'approved' | 'rejected' | 'changes_requested';
export type BackgroundStatus = 'OK' | 'FLAGGED';

/** What the intake asks about the deal and its owner; `null` until answered. */
export type DealIntake = {
  requestedAmountCents: number | null;
  useOfFunds: string | null;
  statedMonthlyRevenueCents: number | null;
  ownerName: string | null;
  ownerEmail: string | null;
  /** E.164. */
  ownerPhone: string | null;
  /** 0 to 100, at most two decimals. */
  ownershipPct: number | null;
  statedFico: number | null;
  /** The last four digits and never more. */
  ownerSsnLast4: string | null;
  openBankruptcy: boolean | null;
};

/** What the bank statements said; `null` for a figure that could not be read, and for all of them before there is a set. */
export type StatementFigures = {
  statementSetId: string | null;
  statementMonths: number | null;
  /** False when a statement's rows and balances do not add up. */
  statementsReconciled: boolean | null;
  avgMonthlyRevenueCents: number | null;
  avgMonthlyDepositsCents: number | null;
  avgDailyBalanceCents: number | null;
  nsfCount: number | null;
  negativeDays: number | null;
  depositCount: number | null;
  positionsCount: number | null;
  positions: readonly Position[];
};

/** A time for every step; `null` until it was taken. */
export type DealTimes = {
  createdAt: Date;
  updatedAt: Date;
  intakeCompletedAt: Date | null;
  statementsAnalyzedAt: Date | null;
  offersGeneratedAt: Date | null;
  acceptedAt: Date | null;
  backgroundRunAt: Date | null;
  signatureSentAt: Date | null;
  signedAt: Date | null;
  declinedAt: Date | null;
  closedAt: Date | null;
  deletedAt: Date | null;
  /** When its merchant's personal data was erased: nothing changes any more. */
  erasedAt: Date | null;
};

/** A request for funding by one merchant. Every decision that changes it adds one to `version`. */
export type Deal = DealIntake &
  StatementFigures &
  DealTimes & {
    id: string;
    tenantId: string;
    merchantId: string;
    status: DealStatus;
    reviewStatus: ReviewStatus;
    assignee: string | null;
    source: string | null;
    /** Values that disagree with what is known, waiting for somebody's word. */
    confirmations: readonly Confirmation[];
    acceptedOfferId: string | null;
    /** The accepted offer as it stood then; later policies and offers do not touch it. */
    acceptedTerms: Offer | null;
    commissionCents: number | null;
    paperGrade: PaperGrade | null;
    backgroundStatus: BackgroundStatus | null;
    /** The envelope that holds the accepted terms, from the moment its sending was allowed. */
    envelopeId: string | null;
    version: number;
  };

/** The outcome of a decision: the deal as it now stands and what to announce. The same object and no facts: nothing to save. */
export type Change = { deal: Deal; facts: readonly DealFact[] };

/** The deal with `changes`, one version later. */
export function changed(deal: Deal, now: Date, changes: Partial<Deal>): Deal {
  return { ...deal, ...changes, version: deal.version + 1, updatedAt: now };
}
