import { changesOf, plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Deal } from '../domain/deal.ts';
import { asJson, toCents } from './columns.ts';
import { Prisma, type Deal as Row } from './generated/client.ts';
import { keepTerms, readTerms } from './offer-rows.ts';

/** A row of `deals` as the driver reads it. */
export type DealRow = Omit<Row, 'ownershipPct'> & { ownershipPct: string | null };

export const dealsTable = plainTable('deals', Object.values(Prisma.DealScalarFieldEnum));

/** A row of `deals` as the domain sees it. */
export function toDeal(row: DealRow): Deal {
  return {
    ...row,
    requestedAmountCents: toCents(row.requestedAmountCents),
    statedMonthlyRevenueCents: toCents(row.statedMonthlyRevenueCents),
    ownershipPct: row.ownershipPct === null ? null : Number(row.ownershipPct),
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
export function toDealRow(deal: Deal): Record<keyof Deal, unknown> {
  return {
    ...deal,
    confirmations: asJson(deal.confirmations),
    positions: asJson(deal.positions),
    acceptedTerms: deal.acceptedTerms === null ? null : asJson(keepTerms(deal.acceptedTerms)),
  };
}

/** The columns in which `after` differs from `before`. */
export function dealChanges(before: Deal, after: Deal): Partial<Record<keyof Deal, unknown>> {
  const row = toDealRow(after);
  // Only fields of a deal are in it.
  const fields = Object.keys(changesOf(before, after)) as (keyof Deal)[];
  return Object.fromEntries(fields.map((field) => [field, row[field]]));
}
