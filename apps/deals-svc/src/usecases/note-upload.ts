import { changed } from '../domain/deal.ts';
import type { Alerts, Deals, Offers } from './ports.ts';

export type NoteUploadUnit = {
  deals: Pick<Deals, 'change'>;
  offers: Pick<Offers, 'supersedeOlderSets'>;
  alerts: Pick<Alerts, 'raise'>;
};

/**
 * A new set of statements took the place of the deal's former one: offers that were priced on that stand no longer. On a
 * deal past its offers (an upload that overlapped the acceptance) nothing changes, and people are told; but not of the set
 * that the terms rest on, or of an older one, whose news only comes late. Throws deal-not-found.
 */
export async function noteUpload(
  unit: NoteUploadUnit,
  input: { dealId: string; statementSetId: string },
): Promise<void> {
  const { deal } = await unit.deals.change(input.dealId, async (deal, now) => {
    const isOpen = deal.status === 'open' || deal.status === 'offer';
    const fallen = isOpen ? await unit.offers.supersedeOlderSets(deal.id, input.statementSetId, now) : 0;
    // The offers that stand are shown with the deal, so it has another version without them.
    return { deal: fallen === 0 ? deal : changed(deal, now, {}), facts: [] };
  });
  // Set ids are UUIDv7, so the later one sorts higher.
  const isNewSet = deal.statementSetId === null || input.statementSetId > deal.statementSetId;
  if (deal.status === 'open' || deal.status === 'offer' || !isNewSet) return;
  await unit.alerts.raise({
    severity: 'warning',
    code: 'statements-after-acceptance',
    message: `New bank statements came in while the deal was already ${deal.status}. Its terms rest on the former ones.`,
    dealId: deal.id,
    merchantId: deal.merchantId,
  });
}
