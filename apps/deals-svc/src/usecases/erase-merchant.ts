import { type DealAtErasure, ErasureRefused, reasonsToKeep } from '../domain/erase-merchant.ts';
import type { Erasures, InTenant } from './ports.ts';

export type EraseMerchantDeps = { inTenant: InTenant<{ erasures: Erasures }> };

type Which = { tenantId: string; merchantId: string };

/** What an erasure of the merchant would take, and what speaks against it. Null: there is no such merchant. */
export function planErasure(
  deps: EraseMerchantDeps,
  { tenantId, merchantId }: Which,
): Promise<{ deals: readonly DealAtErasure[]; rows: Readonly<Record<string, number>>; against: string[] } | null> {
  return deps.inTenant(tenantId, async ({ erasures }) => {
    const found = await erasures.lock(merchantId);
    if (found === null) return null;
    const rows = await erasures.count(merchantId, idsOf(found.deals));
    return { deals: found.deals, rows, against: reasonsToKeep(found.deals) };
  });
}

/**
 * Erases a merchant's personal data here, with a mark of it, an audit record and the event that makes the others do so, all
 * in one transaction. Done again it does the same again and asks again: after a crash, a silence, a restore. Returns the
 * number of the ask; null: there is no such merchant. Throws ErasureRefused while a deal needs the data.
 */
export function eraseMerchant(
  deps: EraseMerchantDeps,
  { tenantId, merchantId, by, reason }: Which & { by: string; reason: string },
): Promise<number | null> {
  return deps.inTenant(tenantId, async ({ erasures }) => {
    const found = await erasures.lock(merchantId);
    if (found === null) return null;
    const against = reasonsToKeep(found.deals);
    if (against.length > 0) throw new ErasureRefused(against);
    return erasures.erase(merchantId, idsOf(found.deals), { name: by, reason });
  });
}

function idsOf(deals: readonly DealAtErasure[]): string[] {
  return deals.map(({ id }) => id);
}
