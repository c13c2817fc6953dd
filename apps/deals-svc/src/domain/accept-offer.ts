import { DomainError } from '@uw-wizard/shared/errors';
import { type Change, changed, type Deal } from './deal.ts';
import { isUnfinished, moveTo } from './deal-status.ts';
import { ILLEGAL_TRANSITION, OFFER_EXPIRED, OFFER_MISSING, OFFER_NOT_FOUND, OFFER_SUPERSEDED } from './errors.ts';
import type { Offer } from './offer.ts';

/**
 * Accepts an offer of the deal: the named one, or the recommended one among those that stand. Its terms are kept as they
 * are now, with commission and grade. Announces `offer.accepted`. The accepted offer again: the same answer, no change.
 *
 * `offers` are the deal's that stand, and the named one, whether it stands or not; `currentStatementSetId` is what the owner
 * of the statements says now (`null`: none). 404 `offer-not-found` for an id that is none of them; 409
 * `illegal-transition` for another offer than the accepted one, or a deal that is over; `offer-missing` when there never was
 * an offer; `offer-superseded` when newer offers or statements took its place; `offer-expired` from `expiresAt` on.
 */
export function acceptOffer(
  deal: Deal,
  given: {
    offers: readonly Offer[];
    offerId: string | null;
    currentStatementSetId: string | null;
    now: Date;
  },
): Change & { offer: Offer } {
  const { now } = given;
  const offer = findOffer(deal, given.offers, given.offerId);
  if (deal.status === 'accepted' && deal.acceptedTerms !== null && offer.id === deal.acceptedOfferId) {
    return { deal, offer: deal.acceptedTerms, facts: [] };
  }
  if (deal.status === 'accepted') {
    const detail = `Offer ${deal.acceptedOfferId} of this deal is already accepted; another cannot take its place.`;
    throw new DomainError(ILLEGAL_TRANSITION, detail);
  }
  const status = moveTo(deal.status, 'accepted');
  if (offer.supersededAt !== null || offer.statementSetId !== given.currentStatementSetId) throw superseded();
  if (offer.expiresAt <= now) {
    const expiredAt = offer.expiresAt.toISOString();
    throw new DomainError(OFFER_EXPIRED, `The offer was good until ${expiredAt}. Generate offers anew.`);
  }
  const next = changed(deal, now, {
    status,
    acceptedOfferId: offer.id,
    acceptedTerms: offer,
    commissionCents: offer.commissionCents,
    paperGrade: offer.paperGrade,
    acceptedAt: now,
  });
  const data = {
    offer_id: offer.id,
    funded_amount_cents: offer.fundedAmountCents,
    payback_amount_cents: offer.paybackAmountCents,
  };
  return {
    deal: next,
    offer,
    facts: [
      { type: 'offer.accepted', data },
      { type: 'deal.status_changed', data: { from: deal.status, to: status } },
    ],
  };
}

function findOffer(deal: Deal, offers: readonly Offer[], offerId: string | null): Offer {
  if (offerId !== null) {
    const named = offers.find(({ id }) => id === offerId);
    if (named === undefined) throw new DomainError(OFFER_NOT_FOUND, `The deal has no offer ${offerId}.`);
    return named;
  }
  if (!isUnfinished(deal.status)) moveTo(deal.status, 'accepted');
  if (deal.offersGeneratedAt === null) {
    throw new DomainError(OFFER_MISSING, 'The deal has no offers yet. Generate offers, then accept one.');
  }
  const recommended = offers.find((offer) => offer.recommended && offer.supersededAt === null);
  if (recommended === undefined) throw superseded();
  return recommended;
}

function superseded(): DomainError {
  const detail =
    'Newer statements or offers took the place of this offer. Generate offers anew and accept one of those.';
  return new DomainError(OFFER_SUPERSEDED, detail);
}
