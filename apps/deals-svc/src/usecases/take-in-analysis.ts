import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { recordAnalysis } from '../domain/record-analysis.ts';
import type { Deals, Offers } from './ports.ts';

export type TakeInAnalysisUnit = { deals: Pick<Deals, 'change'>; offers: Pick<Offers, 'supersedeOlderSets'> };

/**
 * Keeps what a set of statements says, as long as no offer is accepted. News of an older set than the deal's is passed
 * over: the deal may have learnt of a newer one by asking. Throws deal-not-found.
 */
export async function takeInAnalysis(
  unit: TakeInAnalysisUnit,
  input: { dealId: string; statementSetId: string; analysis: Analysis },
): Promise<void> {
  await unit.deals.change(input.dealId, async (deal, now) => {
    const { statementSetId, analysis } = input;
    const isOver = deal.status !== 'open' && deal.status !== 'offer';
    if (isOver || analysis.status !== 'done') return { deal, facts: [] };
    const change = recordAnalysis(deal, { statementSetId, analysis, reconciled: null, now });
    if (change.supersedesOffers) await unit.offers.supersedeOlderSets(deal.id, statementSetId, now);
    return change;
  });
}
