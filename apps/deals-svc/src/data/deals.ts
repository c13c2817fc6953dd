import { DomainError } from '@uw-wizard/shared/errors';
import { fact, lastTime, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import type { Change, Deal } from '../domain/deal.ts';
import { DEAL_NOT_FOUND } from '../domain/errors.ts';
import { contractOf } from '../domain/facts.ts';
import type { Merchant } from '../domain/merchant.ts';
import type { Tx } from './database.ts';
import { toDeal, toDealRow } from './deal-rows.ts';
import { findDealWithMerchant } from './deal-with-merchant.ts';
import type { Prisma } from './generated/client.ts';
import type { createTimeline } from './timeline.ts';

const unfinished = { deletedAt: null, status: { in: ['open', 'offer', 'accepted'] } } satisfies Prisma.DealWhereInput;

/** The deals of `tenantId`, in one transaction. What a decision announces goes out and onto the timeline with its effect. */
export function createDeals(
  tx: Tx,
  tenantId: string,
  deps: { clock: () => Date; timeline: Pick<ReturnType<typeof createTimeline>, 'append'> },
) {
  const where = (dealId: string) => ({ tenantId_id: { tenantId, id: dealId } });

  /** The deal's clock first and then the deal: consumers hold the clock already, and two orders would be deadlocks. */
  async function lock(dealId: string): Promise<void> {
    await tx.$queryRaw`SELECT 1 AS locked FROM outbox_clock WHERE tenant_id = ${tenantId} AND subject = ${dealId} FOR UPDATE`;
    await tx.$queryRaw`SELECT 1 AS locked FROM deals WHERE tenant_id = ${tenantId} AND id = ${dealId}::uuid FOR UPDATE`;
  }

  async function announce(change: Change): Promise<void> {
    const about = { dealId: change.deal.id, merchantId: change.deal.merchantId };
    const facts = change.facts.map((given) => fact(contractOf(given), about, given.data));
    await deps.timeline.append(await writeFacts(tx, { tenantId, now: deps.clock() }, facts));
  }

  async function get(dealId: string): Promise<Deal> {
    const row = await tx.deal.findUnique({ where: where(dealId) });
    if (row === null || row.deletedAt !== null) throw notFound(dealId);
    return toDeal(row);
  }

  return {
    /** Throws deal-not-found, for a deleted deal too. */
    get,
    /** The deal and its merchant in one statement. Throws deal-not-found. */
    async getWithMerchant(dealId: string): Promise<{ deal: Deal; merchant: Merchant }> {
      const found = await findDealWithMerchant(tx, { tenantId, dealId });
      if (found === null) throw notFound(dealId);
      return found;
    },
    /** Locks the merchant's deal that is open, offered or accepted, if there is one, and answers its id. */
    async lockUnfinished(merchantId: string): Promise<string | null> {
      const found = await tx.deal.findFirst({ where: { tenantId, merchantId, ...unfinished }, select: { id: true } });
      if (found === null) return null;
      await lock(found.id);
      // It may have been signed while we waited.
      return (await tx.deal.count({ where: { tenantId, id: found.id, ...unfinished } })) === 1 ? found.id : null;
    },
    /** Saves a new deal and announces it. A merchant's second unfinished one is a unique violation. */
    async add(change: Change): Promise<Deal> {
      await tx.deal.create({ data: toDealRow(change.deal) });
      await announce(change);
      return change.deal;
    },
    /**
     * Locks the deal, lets `decide` say what becomes of it, saves that with all it announces and returns the decision. The
     * same deal back and no facts saves nothing. `decide` may read and write more inside the same transaction. Throws
     * deal-not-found.
     */
    async change<C extends Change>(dealId: string, decide: (deal: Deal, now: Date) => C | Promise<C>): Promise<C> {
      await lock(dealId);
      const before = await get(dealId);
      const change = await decide(before, deps.clock());
      if (change.deal !== before) await tx.deal.update({ where: where(dealId), data: toDealRow(change.deal) });
      await announce(change);
      return change;
    },
    /** The newest time that any event of the deal has here. */
    async lastTime(deal: Deal): Promise<string> {
      return lastTime(tx, tenantId, deal.id, deal.updatedAt);
    },
    /** Takes note of a time an answer of another service brought, so that what is announced next is dated later. */
    async observe(dealId: string, time: string): Promise<void> {
      await observe(tx, tenantId, dealId, time);
    },
  };
}

function notFound(dealId: string): DomainError {
  return new DomainError(DEAL_NOT_FOUND, `There is no deal ${dealId}.`);
}
