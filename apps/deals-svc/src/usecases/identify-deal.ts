import type { dealExists } from '@uw-wizard/shared/contracts/asks';
import type { z } from 'zod';
import { refuseErased } from '../domain/erase-merchant.ts';
import type { Deals, Look } from './ports.ts';

export type IdentifyDealDeps = { look: Look<{ deals: Pick<Deals, 'getDated'> }> };

/** Whose deal is it, and where does it stand? 404 `deal-not-found`, 410 `merchant-erased`. */
export function identifyDeal(
  deps: IdentifyDealDeps,
  input: { tenantId: string; dealId: string },
): Promise<z.infer<typeof dealExists.reply>> {
  return deps.look(input.tenantId, async (unit) => {
    const { deal, dealTime } = await unit.deals.getDated(input.dealId);
    refuseErased(deal);
    return {
      deal_id: deal.id,
      merchant_id: deal.merchantId,
      status: deal.status,
      deal_time: dealTime,
    };
  });
}
