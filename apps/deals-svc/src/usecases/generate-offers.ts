import { DomainError } from '@uw-wizard/shared/errors';
import type { Ask } from '@uw-wizard/shared/platform/ask';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import { changed, type Deal } from '../domain/deal.ts';
import { moveTo } from '../domain/deal-status.ts';
import { STATEMENTS_PENDING } from '../domain/errors.ts';
import { type Generated, generateOffers as generated } from '../domain/generate-offers.ts';
import type { PricingPolicy } from '../domain/pricing/policy.ts';
import { recordAnalysis } from '../domain/record-analysis.ts';
import { askStatements, type CurrentStatements } from './current-statements.ts';
import type { Commit, Deals, Look, Merchants, Offers } from './ports.ts';

type Unit = {
  deals: Pick<Deals, 'get' | 'change' | 'observe'>;
  merchants: Pick<Merchants, 'get'>;
  offers: Pick<Offers, 'supersede' | 'replace'>;
};
export type GenerateOffersDeps = {
  look: Look<Pick<Unit, 'deals'>>;
  commit: Commit<Unit>;
  ask: Ask;
  policy: PricingPolicy;
  newId: () => string;
};
export type GeneratedOffers = Generated['outcome'];

/**
 * Prices the deal on its newest statements, as their owner says at this moment: three offers, or every reason against
 * them. Former offers no longer stand. 404 `deal-not-found`; 409 `illegal-transition` once an offer was accepted; 503
 * `statements-pending` while the statements are being read.
 */
export async function generateOffers(
  deps: GenerateOffersDeps,
  input: { command: Command<GeneratedOffers>; dealId: string },
): Promise<RecordedAnswer> {
  const tenantId = input.command.identity.tenant;
  await deps.look(tenantId, async (unit) => moveTo((await unit.deals.get(input.dealId)).status, 'offer'));
  const statements = await askStatements(deps.ask, tenantId, input.dealId);
  if (statements.status === 'pending') {
    throw new DomainError(STATEMENTS_PENDING, 'The bank statements are still being read. Try again in a moment.', {
      retryAfterSeconds: 2,
    });
  }
  return deps.commit(input.command, async (unit) => {
    if (statements.status === 'done') await unit.deals.observe(input.dealId, statements.deal_time);
    const { outcome } = await unit.deals.change(input.dealId, async (deal, now) => {
      const merchant = await unit.merchants.get(deal.merchantId);
      const read = withStatements(deal, statements, now);
      const offerIds: [string, string, string] = [deps.newId(), deps.newId(), deps.newId()];
      const decision = generated(read, { merchant, policy: deps.policy, offerIds, now });
      if (!decision.outcome.blocked) {
        await unit.offers.replace(deal.id, decision.outcome.offers, now);
        return decision;
      }
      const fallen = await unit.offers.supersede(deal.id, now);
      // Without statements there is nothing new to save about the deal.
      const known = statements.status === 'none' ? deal : decision.deal;
      // The offers that stand are shown with the deal, so it has another version without them.
      return { ...decision, deal: known === deal && fallen > 0 ? changed(deal, now, {}) : known };
    });
    return outcome;
  });
}

/** The deal with the figures it is to be priced on. */
function withStatements(deal: Deal, statements: Exclude<CurrentStatements, { status: 'pending' }>, now: Date): Deal {
  if (statements.status === 'none') return { ...deal, statementSetId: null };
  const { statement_set_id: statementSetId, analysis, reconciled } = statements;
  // What the owner says now counts, also when the deal has heard of a set with a later id that lost an upload race.
  const known = deal.statementSetId === statementSetId ? deal : { ...deal, statementSetId: null };
  return recordAnalysis(known, { statementSetId, analysis, reconciled, now }).deal;
}
