import type { uploadGate } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import type { z } from 'zod';
import { refuseErased } from '../domain/erase-merchant.ts';
import { ILLEGAL_TRANSITION, MERCHANT_MISMATCH } from '../domain/errors.ts';
import type { Deals, Look } from './ports.ts';

export type AllowUploadDeps = { look: Look<{ deals: Pick<Deals, 'getDated'> }> };

/**
 * May a set of statements be stored for the deal? Until an offer is accepted. 404 `deal-not-found`, 409
 * `merchant-mismatch`, 410 `merchant-erased`, 409 `illegal-transition`.
 */
export function allowUpload(
  deps: AllowUploadDeps,
  input: { tenantId: string; dealId: string; merchantId: string },
): Promise<z.infer<typeof uploadGate.reply>> {
  return deps.look(input.tenantId, async (unit) => {
    const { deal, merchant, dealTime } = await unit.deals.getDated(input.dealId);
    if (deal.merchantId !== input.merchantId) {
      throw new DomainError(
        MERCHANT_MISMATCH,
        `The deal ${deal.id} does not belong to the merchant ${input.merchantId}.`,
      );
    }
    refuseErased(deal);
    if (deal.status !== 'open' && deal.status !== 'offer') {
      const detail = `The deal is ${deal.status}: statements can be replaced until an offer is accepted.`;
      throw new DomainError(ILLEGAL_TRANSITION, detail);
    }
    return {
      deal_id: deal.id,
      merchant_id: merchant.id,
      legal_name: merchant.legalName,
      status: deal.status,
      deal_time: dealTime,
    };
  });
}
