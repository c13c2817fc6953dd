import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import type { Deal } from '../domain/deal.ts';
import type { Confirmation } from '../domain/intake/questions.ts';
import {
  identifyMerchant,
  identityKeys,
  type Merchant,
  type MerchantGiven,
  type NewMerchant,
  newMerchant,
  reuseMerchant,
} from '../domain/merchant.ts';
import { REUSE_SOURCE, reuseDeal, startDeal as startedDeal } from '../domain/start-deal.ts';
import type { Commit, Deals, Merchants } from './ports.ts';

type Unit = {
  merchants: Merchants;
  deals: Pick<Deals, 'lockUnfinished' | 'change' | 'add'>;
};
export type StartDealDeps = { commit: Commit<Unit>; clock: () => Date; newId: () => string };

export type StartDealInput = {
  command: Command<StartedDeal>;
  /** The merchant by its id, or by what is said about it. */
  merchant: { id: string; given: MerchantGiven } | { id: null; given: NewMerchant };
  requestedAmountCents: number | null;
  source: string | null;
};
export type StartedDeal = { deal: Deal; reused: boolean };

/**
 * Starts a deal for a merchant, or finds the merchant's unfinished one. The merchant is the one named, else one known by
 * its EIN, else by name and state, else a new one. What differs from what is known waits for confirmation.
 * 404 `merchant-not-found` for an unknown id.
 */
export function startDeal(deps: StartDealDeps, input: StartDealInput): Promise<RecordedAnswer> {
  return deps.commit(input.command, async (unit) => {
    const merchant = await findMerchant(deps, unit, input);
    // Starts of one merchant come one after the other, however each of them named it.
    await unit.merchants.lockIdentity([`merchant:${merchant.id}`]);
    const dealId = await unit.deals.lockUnfinished(merchant.id);
    return dealId === null ? open(deps, unit, input, merchant) : reuse(unit, input, { merchant, dealId });
  });
}

async function findMerchant(deps: StartDealDeps, unit: Unit, { command, merchant }: StartDealInput): Promise<Merchant> {
  if (merchant.id !== null) return unit.merchants.get(merchant.id);
  await unit.merchants.lockIdentity(identityKeys(merchant.given));
  const known = identifyMerchant(merchant.given, await unit.merchants.candidates(merchant.given));
  if (known !== null) return known;
  const { tenant } = command.identity;
  return unit.merchants.add(newMerchant(merchant.given, { id: deps.newId(), tenantId: tenant, now: deps.clock() }));
}

async function open(deps: StartDealDeps, unit: Unit, input: StartDealInput, merchant: Merchant): Promise<StartedDeal> {
  const now = deps.clock();
  const { confirmations } = await meetAgain(unit, merchant, input, now);
  const deal = await unit.deals.add(
    startedDeal({
      id: deps.newId(),
      tenantId: input.command.identity.tenant,
      merchantId: merchant.id,
      requestedAmountCents: input.requestedAmountCents,
      source: input.source,
      confirmations,
      now,
    }),
  );
  return { deal, reused: false };
}

async function reuse(
  unit: Unit,
  input: StartDealInput,
  found: { merchant: Merchant; dealId: string },
): Promise<StartedDeal> {
  const { deal } = await unit.deals.change(found.dealId, async (deal, now) => {
    const { filled, confirmations } = await meetAgain(unit, found.merchant, input, now);
    const { requestedAmountCents, source } = input;
    return reuseDeal(deal, { requestedAmountCents, source, filled, confirmations, now });
  });
  return { deal, reused: true };
}

/** Fills in what was not known about the merchant, and puts aside what differs. */
async function meetAgain(
  unit: Unit,
  merchant: Merchant,
  input: StartDealInput,
  now: Date,
): Promise<{ filled: readonly string[]; confirmations: readonly Confirmation[] }> {
  const { given } = input.merchant;
  const source = input.source ?? REUSE_SOURCE;
  return unit.merchants.change(merchant.id, (known) => reuseMerchant(known, given, { source, now }));
}
