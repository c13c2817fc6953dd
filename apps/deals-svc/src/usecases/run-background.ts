import { DomainError } from '@uw-wizard/shared/errors';
import type { Command, RecordedAnswer } from '@uw-wizard/shared/platform/command';
import {
  PRIOR_DECLINE_DAYS,
  priorDeclinesCheck,
  restrictedIndustryCheck,
  sameEinCheck,
  sameOwnerCheck,
} from '../domain/background/checks.ts';
import {
  type BackgroundOutcome,
  type BackgroundPolicy,
  type CheckResult,
  evaluateBackground,
} from '../domain/background/evaluate.ts';
import type { Deal } from '../domain/deal.ts';
import { DEAL_NOT_FOUND, MERCHANT_MISMATCH } from '../domain/errors.ts';
import type { RestrictedIndustry } from '../domain/industry.ts';
import type { Merchant } from '../domain/merchant.ts';
import { recordBackground } from '../domain/record-background.ts';
import type { BackgroundChecks, Commit, Deals, InTenant, Merchants } from './ports.ts';

type Unit = {
  deals: Pick<Deals, 'getWithMerchant' | 'lockUnfinished' | 'change'>;
  merchants: Pick<Merchants, 'get'>;
  backgroundChecks: BackgroundChecks;
};
export type RunBackgroundDeps = {
  inTenant: InTenant<Unit>;
  commit: Commit<Unit>;
  clock: () => Date;
  /** Holds names against the sanctions list; `not_checked`, and why, where that cannot be done. */
  checkSanctions: (names: readonly (string | null)[]) => Promise<CheckResult>;
  backgroundPolicy: BackgroundPolicy;
  restrictedIndustries: readonly RestrictedIndustry[];
};
export type BackgroundRun = { dealId: string; outcome: BackgroundOutcome };

const DAY_MS = 24 * 60 * 60 * 1000;

/**
 * Runs the background checks of a deal, keeps what they saw and announces what they came to. Flags only: the deal stays
 * where it is. Named by the deal, or by its merchant alone: then it is the merchant's unfinished deal. 404
 * `deal-not-found`, `merchant-not-found`; 409 `merchant-mismatch` when both are given and do not belong together.
 */
export async function runBackground(
  deps: RunBackgroundDeps,
  input: { command: Command<BackgroundRun>; dealId: string | null; merchantId: string | null },
): Promise<RecordedAnswer> {
  const { tenant, sub } = input.command.identity;
  const { deal, merchant, ...known } = await deps.inTenant(tenant, (unit) => gather(deps, unit, input));
  // Comparing names with a whole list takes a while, and no transaction waits for it.
  const checks: CheckResult[] = [
    await deps.checkSanctions([merchant.legalName, merchant.dba, deal.ownerName]),
    sameEinCheck(merchant.ein, known.einElsewhere, known.now),
    sameOwnerCheck(deal, known.ownersElsewhere, known.now),
    priorDeclinesCheck(known.declines, known.now),
    restrictedIndustryCheck(deps.restrictedIndustries, merchant, known.now),
  ];
  const outcome = evaluateBackground(checks, deps.backgroundPolicy);
  return deps.commit(input.command, async (unit) => {
    await unit.deals.change(deal.id, async (deal, now) => {
      await unit.backgroundChecks.add({ deal, outcome, by: sub, now });
      return recordBackground(deal, outcome, now);
    });
    return { dealId: deal.id, outcome };
  });
}

/** What the checks compare, as it stands now. */
async function gather(
  deps: Pick<RunBackgroundDeps, 'clock'>,
  unit: Unit,
  input: { dealId: string | null; merchantId: string | null },
) {
  const now = deps.clock();
  const { deal, merchant } = await findDeal(unit, input);
  const except = { merchantId: merchant.id };
  const since = new Date(now.getTime() - PRIOR_DECLINE_DAYS * DAY_MS);
  return {
    now,
    deal,
    merchant,
    einElsewhere: merchant.ein === null ? [] : await unit.backgroundChecks.dealsWithEin(merchant.ein, except),
    ownersElsewhere: await unit.backgroundChecks.ownersLike(deal, except),
    declines: (await unit.backgroundChecks.declinesOf(merchant.id, since)).filter(({ dealId }) => dealId !== deal.id),
  };
}

async function findDeal(
  unit: Unit,
  input: { dealId: string | null; merchantId: string | null },
): Promise<{ deal: Deal; merchant: Merchant }> {
  const { dealId, merchantId } = input;
  if (dealId === null && merchantId !== null) {
    await unit.merchants.get(merchantId);
    const unfinished = await unit.deals.lockUnfinished(merchantId);
    if (unfinished !== null) return unit.deals.getWithMerchant(unfinished);
    throw new DomainError(
      DEAL_NOT_FOUND,
      `The merchant ${merchantId} has no unfinished deal. Name the deal by deal_id.`,
    );
  }
  const found = await unit.deals.getWithMerchant(dealId ?? '');
  if (merchantId !== null && found.merchant.id !== merchantId) {
    throw new DomainError(MERCHANT_MISMATCH, `The deal ${dealId} does not belong to the merchant ${merchantId}.`);
  }
  return found;
}
