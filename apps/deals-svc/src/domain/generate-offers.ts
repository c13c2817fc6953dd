import { type Change, changed, type Deal } from './deal.ts';
import { moveTo } from './deal-status.ts';
import type { DealFact } from './facts.ts';
import type { Merchant } from './merchant.ts';
import type { Offer } from './offer.ts';
import type { PricingPolicy } from './pricing/policy.ts';
import { price } from './pricing/price.ts';
import type { Blocked } from './pricing/rules.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** Either three offers, or why there are none. In both cases the deal's former offers no longer stand. */
export type Generated = Change & { outcome: { blocked: false; offers: readonly Offer[] } | Blocked };

/**
 * Prices the deal on its statement figures. Offers: the deal goes to `offer` and `offer.generated` is announced. Blocked:
 * its status stays and nothing is announced, but offers that would not be made today may not be accepted either.
 * 409 `illegal-transition` once an offer was accepted. `offerIds`: one per offer; business age counts to `now`'s UTC day.
 */
export function generateOffers(
  deal: Deal,
  given: { merchant: Merchant; policy: PricingPolicy; offerIds: readonly [string, string, string]; now: Date },
): Generated {
  const { merchant, policy, offerIds, now } = given;
  const status = moveTo(deal.status, 'offer');
  const priced = price(policy, deal, {
    merchant,
    requestedAmountCents: deal.requestedAmountCents,
    openBankruptcy: deal.openBankruptcy,
    today: now.toISOString().slice(0, 10),
  });
  const { statementSetId } = deal;
  if (priced.blocked || statementSetId === null) {
    if (!priced.blocked) throw new Error(`Deal ${deal.id} was priced without statements`);
    return { deal, facts: [], outcome: priced };
  }
  const offers = priced.offers.map((terms, at): Offer => {
    const id = offerIds[at];
    if (id === undefined) throw new Error(`Policy ${policy.version} made more offers than there are ids`);
    return {
      ...terms,
      id,
      dealId: deal.id,
      statementSetId,
      policyVersion: policy.version,
      createdAt: now,
      expiresAt: new Date(now.getTime() + policy.offerValidDays * DAY_MS),
      supersededAt: null,
    };
  });
  const recommended = offers.find((offer) => offer.recommended);
  if (recommended === undefined) throw new Error(`Policy ${policy.version} recommends no offer`);
  const facts: DealFact[] = [
    {
      type: 'offer.generated',
      data: {
        count: offers.length,
        offer_ids: offers.map(({ id }) => id),
        recommended_offer_id: recommended.id,
        policy_version: policy.version,
      },
    },
  ];
  if (deal.status !== status) facts.push({ type: 'deal.status_changed', data: { from: deal.status, to: status } });
  const next = changed(deal, now, { status, offersGeneratedAt: now });
  return { deal: next, facts, outcome: { blocked: false, offers } };
}
