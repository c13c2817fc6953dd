import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { type Change, changed, type Deal } from './deal.ts';

/**
 * Takes in what a set of statements says. It moves nothing; when the set is another than the deal's, offers made before
 * are superseded (`supersedesOffers`). The same set again changes nothing but `reconciled`, when that was not known (`null`).
 * Announces nothing: `statement.analyzed` did.
 *
 * A set older than the deal's is news that was overtaken by a question to the owner, and changes nothing: set ids are
 * UUIDv7, so the later one sorts higher.
 */
export function recordAnalysis(
  deal: Deal,
  statements: { statementSetId: string; analysis: Analysis; reconciled: boolean | null; now: Date },
): Change & { supersedesOffers: boolean } {
  const { statementSetId, analysis, reconciled, now } = statements;
  const isNewSet = statementSetId !== deal.statementSetId;
  const knowsNoMore = reconciled === null || reconciled === deal.statementsReconciled;
  const isOvertaken = deal.statementSetId !== null && statementSetId < deal.statementSetId;
  if (isOvertaken || (!isNewSet && knowsNoMore)) return { deal, facts: [], supersedesOffers: false };
  const next = changed(deal, now, {
    statementSetId,
    statementMonths: analysis.months,
    statementsReconciled: reconciled,
    avgMonthlyRevenueCents: analysis.avg_monthly_revenue_cents,
    avgMonthlyDepositsCents: analysis.avg_monthly_deposits_cents,
    avgDailyBalanceCents: analysis.avg_daily_balance_cents,
    nsfCount: analysis.nsf_count,
    negativeDays: analysis.negative_days,
    depositCount: analysis.deposit_count,
    positionsCount: analysis.positions.length,
    positions: analysis.positions,
    statementsAnalyzedAt: now,
  });
  return { deal: next, facts: [], supersedesOffers: isNewSet };
}
