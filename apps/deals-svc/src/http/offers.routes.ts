import { type Handlers, runCommand } from '@uw-wizard/shared/platform/http-app';
import { z } from 'zod';
import { wireOffer } from '../domain/offer.ts';
import { type AcceptedOffer, type AcceptOfferDeps, acceptOffer } from '../usecases/accept-offer.ts';
import { type GeneratedOffers, type GenerateOffersDeps, generateOffers } from '../usecases/generate-offers.ts';
import { dealIdOf, parseBody, uuid } from './parse.ts';
import type { RouteDeps } from './route-deps.ts';

const acceptBody = z.strictObject({ offer_id: uuid('Send the UUID of an offer.').nullish() });

/** Making offers, and taking one. */
export function offersRoutes(deps: RouteDeps & GenerateOffersDeps & AcceptOfferDeps): Handlers {
  return {
    'POST /api/deals/:id/offers': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showGenerated, allItDoes: true }, async (command) =>
        generateOffers(deps, { command, dealId: dealIdOf(req) }),
      ),

    'POST /api/deals/:id/accept': (req, res) =>
      runCommand(req, res, { database: deps.database, show: showAccepted, allItDoes: true }, async (command) => {
        const dealId = dealIdOf(req);
        const body = parseBody(acceptBody, req);
        return acceptOffer(deps, { command, dealId, offerId: body.offer_id ?? null });
      }),
  };
}

function showGenerated(outcome: GeneratedOffers) {
  if (!outcome.blocked) return { body: { offers: outcome.offers.map(wireOffer) } };
  return { body: { blocked: true, reason: outcome.reason, reasons: outcome.reasons } };
}

function showAccepted({ deal, offer }: AcceptedOffer) {
  return { body: { deal_id: deal.id, status: deal.status, offer: wireOffer(offer) } };
}
