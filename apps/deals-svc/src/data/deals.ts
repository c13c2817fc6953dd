import { DomainError } from '@uw-wizard/shared/errors';
import { audit } from '@uw-wizard/shared/platform/audit';
import { fact, lastTime, observe, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { changesOf, valuesBefore } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Change, Deal } from '../domain/deal.ts';
import { refuseErased } from '../domain/erase-merchant.ts';
import { DEAL_NOT_FOUND } from '../domain/errors.ts';
import { contractOf } from '../domain/facts.ts';
import type { Merchant } from '../domain/merchant.ts';
import { findDeal, findDealWithMerchant, lockDeal } from './deal-reads.ts';
import { dealChanges, dealsTable, toDealRow } from './deal-rows.ts';
import type { Fields } from './fields.ts';
import type { createTimeline } from './timeline.ts';

/** The deals of `tenantId`, in one transaction. What a decision announces goes out and onto the timeline with its effect. */
export function createDeals(
  tx: PlainTx,
  tenantId: string,
  deps: { clock: () => Date; fields: Fields; timeline: Pick<ReturnType<typeof createTimeline>, 'keepWritten'> },
) {
  /** Says what was done for the audit log, by the first fact's name, and with what changed. */
  function note(before: Deal | null, { deal, facts }: Change): void {
    if (before === deal && facts.length === 0) return;
    const after = before === null ? deal : changesOf(before, deal);
    const was = before === null ? null : valuesBefore(before, after);
    const action = facts[0]?.type ?? 'deal.updated';
    audit(tx, { publisher: 'deals-svc', tenantId }, [
      { action, entityType: 'deal', entityId: deal.id, before: was, after },
    ]);
  }

  async function announce(change: Change): Promise<void> {
    const about = { dealId: change.deal.id, merchantId: change.deal.merchantId };
    const facts = change.facts.map((given) => fact(contractOf(given), about, given.data));
    deps.timeline.keepWritten(await writeFacts(tx, { tenantId, now: deps.clock() }, facts));
  }

  async function get(dealId: string): Promise<Deal> {
    const deal = await findDeal(tx, deps.fields, { tenantId, dealId });
    if (deal === null) throw notFound(dealId);
    return deal;
  }

  return {
    /** Throws deal-not-found, for a deleted deal too. */
    get,
    /** The deal and its merchant in one statement. Throws deal-not-found. */
    async getWithMerchant(dealId: string): Promise<{ deal: Deal; merchant: Merchant }> {
      const found = await findDealWithMerchant(tx, deps.fields, { tenantId, dealId });
      if (found === null) throw notFound(dealId);
      return found;
    },
    /** The same with the newest time that any event of the deal has here. */
    async getDated(dealId: string): Promise<{ deal: Deal; merchant: Merchant; dealTime: string }> {
      const [found, known] = await Promise.all([
        findDealWithMerchant(tx, deps.fields, { tenantId, dealId }),
        lastTime(tx, tenantId, dealId),
      ]);
      if (found === null) throw notFound(dealId);
      return { ...found, dealTime: known ?? found.deal.updatedAt.toISOString() };
    },
    /** Locks the merchant's deal that is open, offered or accepted, if there is one, and answers its id. */
    async lockUnfinished(merchantId: string): Promise<string | null> {
      // Whatever it waited for, the lock is on a row that is unfinished still.
      const rows = await tx.$queryRaw<{ id: string }[]>`
        SELECT id FROM deals
        WHERE tenant_id = ${tenantId} AND merchant_id = ${merchantId}::uuid AND status IN ('open', 'offer', 'accepted')
          AND deleted_at IS NULL
        FOR UPDATE`;
      return rows[0]?.id ?? null;
    },
    /** Saves a new deal and announces it. A merchant's second unfinished one is a unique violation. */
    async add(change: Change): Promise<Deal> {
      dealsTable.insert(tx, [toDealRow(deps.fields, change.deal)]);
      note(null, change);
      await announce(change);
      return change.deal;
    },
    /**
     * Locks the deal, lets `decide` say what becomes of it, saves that with all it announces and returns the decision. The
     * same deal back and no facts saves nothing. `decide` may read and write more inside the same transaction. Throws
     * deal-not-found, merchant-erased. The deal is locked before its clock, which announcing locks: so it is everywhere, news included.
     */
    async change<C extends Change>(dealId: string, decide: (deal: Deal, now: Date) => C | Promise<C>): Promise<C> {
      const before = await lockDeal(tx, deps.fields, { tenantId, dealId });
      if (before === null) throw notFound(dealId);
      refuseErased(before);
      const change = await decide(before, deps.clock());
      if (change.deal !== before)
        dealsTable.update(tx, { tenantId, id: dealId }, dealChanges(deps.fields, before, change.deal));
      note(before, change);
      await announce(change);
      return change;
    },
    /** The newest time that any event of the deal has here. */
    async lastTime(deal: Deal): Promise<string> {
      return (await lastTime(tx, tenantId, deal.id)) ?? deal.updatedAt.toISOString();
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
