import { type DealAtErasure, ErasureRefused, reasonsToKeep } from '../domain/erase-merchant.ts';
import type { Erasures, InTenant, Merchants } from './ports.ts';

export type EraseMerchantDeps = {
  inTenant: InTenant<{ merchants: Pick<Merchants, 'lockIdentity'>; erasures: Erasures }>;
};

type Which = { tenantId: string; merchantId: string };

/** What an erasure of the merchant would take, and what speaks against it. Null: there is no such merchant. */
export function planErasure(
  deps: EraseMerchantDeps,
  { tenantId, merchantId }: Which,
): Promise<{ deals: readonly DealAtErasure[]; rows: Readonly<Record<string, number>>; against: string[] } | null> {
  return deps.inTenant(tenantId, async (unit) => {
    const { erasures } = unit;
    const found = await lock(unit, merchantId);
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
  return deps.inTenant(tenantId, async (unit) => {
    const { erasures } = unit;
    const found = await lock(unit, merchantId);
    if (found === null) return null;
    const against = reasonsToKeep(found.deals);
    if (against.length > 0) throw new ErasureRefused(against);
    return erasures.erase(merchantId, idsOf(found.deals), { name: by, reason });
  });
}

/** In the order of everybody who changes deals; a start of one more has to wait. */
async function lock(
  { merchants, erasures }: { merchants: Pick<Merchants, 'lockIdentity'>; erasures: Erasures },
  merchantId: string,
) {
  await merchants.lockIdentity([`merchant:${merchantId}`]);
  return erasures.lock(merchantId);
}

function idsOf(deals: readonly DealAtErasure[]): string[] {
  return deals.map(({ id }) => id);
}
