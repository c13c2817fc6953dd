import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { acceptOffer as accepted } from '../domain/accept-offer.ts';
import type { Deal } from '../domain/deal.ts';
import type { Offer } from '../domain/offer.ts';
import { askStatements } from './current-statements.ts';
import type { Commit, Deals, Look, Offers } from './ports.ts';

type Unit = { deals: Pick<Deals, 'get' | 'change' | 'observe'>; offers: Pick<Offers, 'current'> };
export type AcceptOfferDeps = { look: Look<Pick<Unit, 'deals'>>; commit: Commit<Unit>; ask: Ask };

export type AcceptedOffer = { deal: Deal; offer: Offer };

/**
 * Accepts an offer, the recommended one unless another is named, on the statements that the deal has at this moment. The
 * accepted offer again: the same answer. 404 `deal-not-found`, `offer-not-found`; 409 `offer-missing`, `offer-expired`,
 * `offer-superseded`, `illegal-transition`.
 */
export async function acceptOffer(
  deps: AcceptOfferDeps,
  input: { command: Command<AcceptedOffer>; dealId: string; offerId: string | null },
): Promise<RecordedAnswer> {
  const tenantId = input.command.identity.tenant;
  const { status } = await deps.look(tenantId, (unit) => unit.deals.get(input.dealId));
  // Past its acceptance a deal no longer depends on what its statements are.
  const isOpen = status === 'open' || status === 'offer';
  const statements = isOpen ? await askStatements(deps.ask, tenantId, input.dealId) : { status: 'none' as const };
  const currentStatementSetId = statements.status === 'none' ? null : statements.statement_set_id;
  return deps.commit(input.command, async (unit) => {
    if (statements.status !== 'none') await unit.deals.observe(input.dealId, statements.deal_time);
    return unit.deals.change(input.dealId, async (deal, now) => {
      // Without a name, what was accepted before is meant again.
      const offerId = input.offerId ?? deal.acceptedOfferId;
      const offers = await unit.offers.current(deal.id, offerId);
      return accepted(deal, { offers, offerId, currentStatementSetId, now });
    });
  });
}
