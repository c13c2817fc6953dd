import type { Offer as WireOffer } from '@uw-wizard/shared/contracts/offer';
import { bpsToPct, RATE_SCALE } from './money.ts';

export type PaperGrade = WireOffer['paper_grade'];
export type PaymentFrequency = WireOffer['payment_frequency'];

/** What an offer says, before it is somebody's. Cents, basis points (12 900 = factor 1.29 = 129 %), calendar days. */
export type OfferTerms = {
  label: string;
  recommended: boolean;
  fundedAmountCents: number;
  factorRateBps: number;
  paybackAmountCents: number;
  financeChargeCents: number;
  paymentFrequency: PaymentFrequency;
  paymentAmountCents: number;
  lastPaymentAmountCents: number;
  paymentCount: number;
  termDays: number;
  /** This offer's share of the merchant's monthly true revenue. */
  holdbackBps: number;
  estAprBps: number;
  commissionCents: number;
  paperGrade: PaperGrade;
};

/** An offer made to a deal on one set of statements. `supersededAt` is set when newer statements or offers replace it. */
export type Offer = OfferTerms & {
  id: string;
  dealId: string;
  statementSetId: string;
  policyVersion: string;
  createdAt: Date;
  expiresAt: Date;
  supersededAt: Date | null;
};

/** The offer as it goes over the wire: snake_case, rates as decimals, times in RFC 3339 UTC. */
export function wireOffer(offer: Offer): WireOffer {
  return {
    offer_id: offer.id,
    label: offer.label,
    recommended: offer.recommended,
    funded_amount_cents: offer.fundedAmountCents,
    factor_rate: offer.factorRateBps / RATE_SCALE,
    payback_amount_cents: offer.paybackAmountCents,
    finance_charge_cents: offer.financeChargeCents,
    payment_frequency: offer.paymentFrequency,
    payment_amount_cents: offer.paymentAmountCents,
    last_payment_amount_cents: offer.lastPaymentAmountCents,
    payment_count: offer.paymentCount,
    term_days: offer.termDays,
    holdback_pct: bpsToPct(offer.holdbackBps),
    est_apr_pct: bpsToPct(offer.estAprBps),
    commission_cents: offer.commissionCents,
    paper_grade: offer.paperGrade,
    expires_at: offer.expiresAt.toISOString(),
    policy_version: offer.policyVersion,
  };
}
