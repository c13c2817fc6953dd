import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Offer } from '../domain/offer.ts';
import { type OfferRow, offersTable, toOffer, toOfferRow } from './offer-rows.ts';

const supersedeCurrent =
  'UPDATE offers SET superseded_at = $3 WHERE tenant_id = $1 AND deal_id = $2 AND superseded_at IS NULL';

/** The offers of `tenantId`, in one transaction. None is ever deleted. */
export function createOffers(tx: PlainTx, tenantId: string) {
  return {
    /**
     * The deal's offers that nothing has replaced, newest first, those made together in their own order; with them the `named`
     * one, replaced or not.
     */
    async current(dealId: string, named: string | null = null): Promise<Offer[]> {
      const rows = await tx.rows<OfferRow>(
        `SELECT ${offersTable.columns('o')} FROM offers o
         WHERE o.tenant_id = $1 AND o.deal_id = $2 AND (o.superseded_at IS NULL OR o.id = $3)
         ORDER BY o.created_at DESC, o.rank`,
        [tenantId, dealId, named],
      );
      return rows.map(toOffer);
    },
    /** Marks the deal's current offers as replaced, and answers how many there were. */
    supersede: (dealId: string, now: Date): Promise<number> => tx.run(supersedeCurrent, [tenantId, dealId, now]),
    /** The same for those priced on older sets: set ids are UUIDv7, so a later set has the greater id. */
    supersedeOlderSets: (dealId: string, statementSetId: string, now: Date): Promise<number> =>
      tx.run(`${supersedeCurrent} AND statement_set_id < $4`, [tenantId, dealId, now, statementSetId]),
    /** Puts `offers` in the place of the deal's current ones. */
    async replace(dealId: string, offers: readonly Offer[], now: Date): Promise<void> {
      tx.later(supersedeCurrent, [tenantId, dealId, now]);
      offersTable.insert(
        tx,
        offers.map((offer, rank) => toOfferRow(tenantId, offer, rank)),
      );
    },
  };
}
