import type { Deal } from '../domain/deal.ts';
import { toBigint, toCents } from './columns.ts';
import { Prisma, type Deal as Row } from './generated/client.ts';
import { keepTerms, readTerms } from './offer-rows.ts';

/** A row of `deals` as the domain sees it. */
export function toDeal(row: Row): Deal {
  return {
    ...row,
    requestedAmountCents: toCents(row.requestedAmountCents),
    statedMonthlyRevenueCents: toCents(row.statedMonthlyRevenueCents),
    ownershipPct: row.ownershipPct === null ? null : row.ownershipPct.toNumber(),
    avgMonthlyRevenueCents: toCents(row.avgMonthlyRevenueCents),
    avgMonthlyDepositsCents: toCents(row.avgMonthlyDepositsCents),
    avgDailyBalanceCents: toCents(row.avgDailyBalanceCents),
    commissionCents: toCents(row.commissionCents),
    // The next three columns hold what `toDealRow` wrote, and nothing else writes them.
    confirmations: row.confirmations as unknown as Deal['confirmations'],
    positions: row.positions as unknown as Deal['positions'],
    paperGrade: row.paperGrade as Deal['paperGrade'],
    acceptedTerms: readTerms(row.acceptedTerms),
  };
}

/** A deal as its row. */
export function toDealRow(deal: Deal): Prisma.DealUncheckedCreateInput {
  return {
    ...deal,
    requestedAmountCents: toBigint(deal.requestedAmountCents),
    statedMonthlyRevenueCents: toBigint(deal.statedMonthlyRevenueCents),
    avgMonthlyRevenueCents: toBigint(deal.avgMonthlyRevenueCents),
    avgMonthlyDepositsCents: toBigint(deal.avgMonthlyDepositsCents),
    avgDailyBalanceCents: toBigint(deal.avgDailyBalanceCents),
    commissionCents: toBigint(deal.commissionCents),
    confirmations: deal.confirmations.map((confirmation) => ({ ...confirmation })),
    positions: deal.positions.map((position) => ({ ...position })),
    acceptedTerms: deal.acceptedTerms === null ? Prisma.DbNull : keepTerms(deal.acceptedTerms),
  };
}
