import type { Offer } from '../domain/offer.ts';
import type { Tx } from './database.ts';
import { toOffer, toOfferRow } from './offer-rows.ts';

/** The offers of `tenantId`, in one transaction. None is ever deleted. */
export function createOffers(tx: Tx, tenantId: string) {
  async function supersede(dealId: string, now: Date): Promise<number> {
    const where = { tenantId, dealId, supersededAt: null };
    return (await tx.offer.updateMany({ where, data: { supersededAt: now } })).count;
  }
  return {
    /**
     * The deal's offers that nothing has replaced, newest first, those made together in their own order; with them the `named`
     * one, replaced or not.
     */
    async current(dealId: string, named: string | null = null): Promise<Offer[]> {
      const rows = await tx.offer.findMany({
        where: { tenantId, dealId, OR: [{ supersededAt: null }, ...(named === null ? [] : [{ id: named }])] },
        orderBy: [{ createdAt: 'desc' }, { rank: 'asc' }],
      });
      return rows.map(toOffer);
    },
    /** Marks the deal's current offers as replaced, and answers how many there were. */
    supersede,
    /** The same for those priced on older sets: set ids are UUIDv7, so a later set has the greater id. */
    async supersedeOlderSets(dealId: string, statementSetId: string, now: Date): Promise<number> {
      const where = { tenantId, dealId, supersededAt: null, statementSetId: { lt: statementSetId } };
      return (await tx.offer.updateMany({ where, data: { supersededAt: now } })).count;
    },
    /** Puts `offers` in the place of the deal's current ones. */
    async replace(dealId: string, offers: readonly Offer[], now: Date): Promise<void> {
      await supersede(dealId, now);
      await tx.offer.createMany({ data: offers.map((offer, rank) => toOfferRow(tenantId, offer, rank)) });
    },
  };
}
