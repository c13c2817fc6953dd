// Deals at each step of their way, for the tests beside the decisions.
import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { DomainError } from '@uw-wizard/shared/errors';
import { acceptOffer } from './accept-offer.ts';
import type { Change, Deal } from './deal.ts';
import { contractOf } from './facts.ts';
import { generateOffers } from './generate-offers.ts';
import { type Merchant, newMerchant } from './merchant.ts';
import type { Offer } from './offer.ts';
import { POLICY_2026_11 as policy } from './pricing/policy-2026-11.ts';
import { recordAnalysis } from './record-analysis.ts';
import { startDeal } from './start-deal.ts';

export const NOW = new Date('2026-11-21T12:00:00Z');
export const SET_1 = '01920000-0000-7000-8000-000000000001';
export const SET_2 = '01930000-0000-7000-8000-000000000002';
export const OFFER_IDS = [
  '01940000-0000-7000-8000-000000000001',
  '01940000-0000-7000-8000-000000000002',
  '01940000-0000-7000-8000-000000000003',
] as const;
export const ENVELOPE = '01950000-0000-7000-8000-000000000001';

export const ANALYSIS: Analysis = {
  status: 'done',
  months: 3,
  avg_monthly_revenue_cents: 60_000_00,
  avg_monthly_deposits_cents: 62_000_00,
  avg_daily_balance_cents: 9_000_00,
  nsf_count: 0,
  negative_days: 0,
  deposit_count: 80,
  positions: [],
  flags: [],
};

/** The code of the refusal, or that there was none. */
export function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError) return error.kind.code;
    throw error;
  }
  return 'nothing was refused';
}

/** A merchant of which little but the age is known. */
export function merchantOf(): Merchant {
  const given = { legalName: 'Acme Diner LLC', businessStartDate: '2019-04-01' };
  return newMerchant(given, { id: 'm1', tenantId: 'demo', now: NOW });
}

/** An open deal. */
export function started(): Deal {
  const ids = { id: 'd1', tenantId: 'demo', merchantId: 'm1' };
  return startDeal({ ...ids, requestedAmountCents: null, source: 'web', confirmations: [], now: NOW }).deal;
}

/** The deal with the figures of a clean set of statements. */
export function withStatements(deal = started(), statementSetId = SET_1): Deal {
  return recordAnalysis(deal, { statementSetId, analysis: ANALYSIS, reconciled: true, now: NOW }).deal;
}

/** A deal with three offers. */
export function offered(): { deal: Deal; offers: readonly Offer[] } {
  const made = generateOffers(withStatements(), { merchant: merchantOf(), policy, offerIds: OFFER_IDS, now: NOW });
  if (made.outcome.blocked) throw new Error(made.outcome.reason);
  return { deal: made.deal, offers: made.outcome.offers };
}

/** Accepts an offer of a deal that has three. */
export function accepting(given: Partial<Parameters<typeof acceptOffer>[1]> = {}, from = offered()) {
  return acceptOffer(from.deal, {
    offers: from.offers,
    offerId: null,
    currentStatementSetId: SET_1,
    now: NOW,
    ...given,
  });
}

/** The types of a change's facts, each held against its contract. */
export function typesOf(change: Change): string[] {
  for (const fact of change.facts) contractOf(fact).data.strict().parse(fact.data);
  return change.facts.map(({ type }) => type);
}
