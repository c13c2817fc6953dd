import type { Deal } from '../domain/deal.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { Offer } from '../domain/offer.ts';
import type { Deals, Look, Offers } from './ports.ts';

export type GetDealDeps = {
  look: Look<{ deals: Pick<Deals, 'getWithMerchant'>; offers: Pick<Offers, 'current'> }>;
};

/** A deal with its merchant and the offers that stand. 404 `deal-not-found`. */
export function getDeal(
  deps: GetDealDeps,
  input: { tenantId: string; dealId: string },
): Promise<{ deal: Deal; merchant: Merchant; offers: Offer[] }> {
  return deps.look(input.tenantId, async (unit) => {
    const [found, offers] = await Promise.all([
      unit.deals.getWithMerchant(input.dealId),
      unit.offers.current(input.dealId),
    ]);
    return { ...found, offers };
  });
}
