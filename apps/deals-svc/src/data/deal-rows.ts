import { openJson, sealJson } from '@uw-wizard/shared/platform/field-encryption';
import { changesOf, plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Deal } from '../domain/deal.ts';
import { asJson, toCents } from './columns.ts';
import { type Fields, sealSearched } from './fields.ts';
import { Prisma, type Deal as Row } from './generated/client.ts';
import { keepTerms, readTerms } from './offer-rows.ts';

/** A row of `deals` as the driver reads it. */
export type DealRow = Omit<Row, 'ownershipPct'> & { ownershipPct: string | null };

export const dealsTable = plainTable('deals', Object.values(Prisma.DealScalarFieldEnum));

export const ssnColumn = 'deals.owner_ssn_last4';

const placeOf = ({ tenantId, id }: Pick<Deal, 'tenantId' | 'id'>, column: string) => ({ tenantId, column, row: [id] });
const confirmationsOf = (deal: Pick<Deal, 'tenantId' | 'id'>) => placeOf(deal, 'deals.confirmations');

/** A row of `deals` as the domain sees it. */
export function toDeal({ seals }: Fields, { ownerSsnLast4Index: _, ...row }: DealRow): Deal {
  return {
    ...row,
    ownerSsnLast4: row.ownerSsnLast4 === null ? null : seals.open(row.ownerSsnLast4, placeOf(row, ssnColumn)),
    requestedAmountCents: toCents(row.requestedAmountCents),
    statedMonthlyRevenueCents: toCents(row.statedMonthlyRevenueCents),
    ownershipPct: row.ownershipPct === null ? null : Number(row.ownershipPct),
    avgMonthlyRevenueCents: toCents(row.avgMonthlyRevenueCents),
    avgMonthlyDepositsCents: toCents(row.avgMonthlyDepositsCents),
    avgDailyBalanceCents: toCents(row.avgDailyBalanceCents),
    commissionCents: toCents(row.commissionCents),
    // The next three columns hold what `toDealRow` wrote, and nothing else writes them.
    confirmations: openJson(seals, row.confirmations, confirmationsOf(row)) as Deal['confirmations'],
    positions: row.positions as unknown as Deal['positions'],
    paperGrade: row.paperGrade as Deal['paperGrade'],
    acceptedTerms: readTerms(row.acceptedTerms),
  };
}

/** A deal as its row. */
export function toDealRow(fields: Fields, deal: Deal): Record<keyof DealRow, unknown> {
  const { confirmations } = deal;
  return {
    ...deal,
    ...ssnColumns(fields, deal),
    confirmations: confirmations.length === 0 ? '[]' : sealJson(fields.seals, confirmations, confirmationsOf(deal)),
    positions: asJson(deal.positions),
    acceptedTerms: deal.acceptedTerms === null ? null : asJson(keepTerms(deal.acceptedTerms)),
  };
}

/** The columns in which `after` differs from `before`. */
export function dealChanges(fields: Fields, before: Deal, after: Deal): Partial<Record<keyof DealRow, unknown>> {
  const row = toDealRow(fields, after);
  // Only fields of a deal are in it.
  const changed = Object.keys(changesOf(before, after)) as (keyof Deal)[];
  const columns = changed.includes('ownerSsnLast4') ? [...changed, 'ownerSsnLast4Index' as const] : changed;
  return Object.fromEntries(columns.map((column) => [column, row[column]]));
}

function ssnColumns(fields: Fields, deal: Deal) {
  const { kept, index } = sealSearched(fields, deal.ownerSsnLast4, placeOf(deal, ssnColumn));
  return { ownerSsnLast4: kept, ownerSsnLast4Index: index };
}
