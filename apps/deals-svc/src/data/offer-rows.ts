import { plainTable } from '@uw-wizard/shared/platform/plain-table';
import type { Offer } from '../domain/offer.ts';
import { toCents } from './columns.ts';
import { Prisma, type Offer as Row } from './generated/client.ts';

export type OfferRow = Row;

export const offersTable = plainTable('offers', Object.values(Prisma.OfferScalarFieldEnum));

/** A row of `offers` as the domain sees it. */
export function toOffer(row: OfferRow): Offer {
  return {
    id: row.id,
    dealId: row.dealId,
    statementSetId: row.statementSetId,
    label: row.label,
    recommended: row.recommended,
    fundedAmountCents: toCents(row.fundedAmountCents),
    factorRateBps: row.factorRateBps,
    paybackAmountCents: toCents(row.paybackAmountCents),
    financeChargeCents: toCents(row.financeChargeCents),
    // The next two columns hold what `toOfferRow` wrote, and nothing else writes them.
    paymentFrequency: row.paymentFrequency as Offer['paymentFrequency'],
    paperGrade: row.paperGrade as Offer['paperGrade'],
    paymentAmountCents: toCents(row.paymentAmountCents),
    lastPaymentAmountCents: toCents(row.lastPaymentAmountCents),
    paymentCount: row.paymentCount,
    termDays: row.termDays,
    holdbackBps: row.holdbackBps,
    estAprBps: row.estAprBps,
    commissionCents: toCents(row.commissionCents),
    policyVersion: row.policyVersion,
    createdAt: row.createdAt,
    expiresAt: row.expiresAt,
    supersededAt: row.supersededAt,
  };
}

/** An offer as its row; `rank` is its place among those made with it. */
export function toOfferRow(tenantId: string, offer: Offer, rank: number) {
  return { ...offer, tenantId, rank };
}

type KeptTerms = Omit<Offer, 'createdAt' | 'expiresAt' | 'supersededAt'> & {
  createdAt: string;
  expiresAt: string;
  supersededAt: string | null;
};

/** Accepted terms as `deals.accepted_terms` keeps them. */
export function keepTerms(offer: Offer): KeptTerms {
  return {
    ...offer,
    createdAt: offer.createdAt.toISOString(),
    expiresAt: offer.expiresAt.toISOString(),
    supersededAt: offer.supersededAt?.toISOString() ?? null,
  };
}

/** Accepted terms read back. */
export function readTerms(column: Prisma.JsonValue): Offer | null {
  // The column holds what `keepTerms` wrote, and nothing else writes it.
  const kept = column as KeptTerms | null;
  if (kept === null) return null;
  return {
    ...kept,
    createdAt: new Date(kept.createdAt),
    expiresAt: new Date(kept.expiresAt),
    supersededAt: kept.supersededAt === null ? null : new Date(kept.supersededAt),
  };
}
