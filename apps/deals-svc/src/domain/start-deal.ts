import type { Change, Deal } from './deal.ts';
import { changed } from './deal.ts';
import type { Confirmation } from './intake/questions.ts';
import { withConfirmations } from './merchant.ts';

/** A merchant's new deal: open, nothing known but what the start said. Announces `deal.started`. */
export function startDeal(given: {
  id: string;
  tenantId: string;
  merchantId: string;
  requestedAmountCents: number | null;
  source: string | null;
  /** What the start said about the merchant that differs from what was known. */
  confirmations: readonly Confirmation[];
  now: Date;
}): Change {
  const deal: Deal = {
    id: given.id,
    tenantId: given.tenantId,
    merchantId: given.merchantId,
    status: 'open',
    reviewStatus: 'none',
    assignee: null,
    source: given.source,
    requestedAmountCents: given.requestedAmountCents,
    useOfFunds: null,
    statedMonthlyRevenueCents: null,
    ownerName: null,
    ownerEmail: null,
    ownerPhone: null,
    ownershipPct: null,
    statedFico: null,
    ownerSsnLast4: null,
    openBankruptcy: null,
    statementSetId: null,
    statementMonths: null,
    statementsReconciled: null,
    avgMonthlyRevenueCents: null,
    avgMonthlyDepositsCents: null,
    avgDailyBalanceCents: null,
    nsfCount: null,
    negativeDays: null,
    depositCount: null,
    positionsCount: null,
    positions: [],
    confirmations: given.confirmations,
    acceptedOfferId: null,
    acceptedTerms: null,
    commissionCents: null,
    paperGrade: null,
    backgroundStatus: null,
    envelopeId: null,
    createdAt: given.now,
    updatedAt: given.now,
    intakeCompletedAt: null,
    statementsAnalyzedAt: null,
    offersGeneratedAt: null,
    acceptedAt: null,
    backgroundRunAt: null,
    signatureSentAt: null,
    signedAt: null,
    declinedAt: null,
    closedAt: null,
    deletedAt: null,
    erasedAt: null,
    version: 1,
  };
  const data = { source: given.source, requested_amount_cents: given.requestedAmountCents };
  return { deal, facts: [{ type: 'deal.started', data }] };
}

/**
 * A start that found the merchant's unfinished deal. A requested amount that was missing is filled in, one that differs
 * waits for confirmation with what else differs; the deal's first source stays. `filled` are the wire names of what the
 * start added to the merchant. Announces `deal.updated` when anything was filled in; nothing new changes nothing.
 */
export function reuseDeal(
  deal: Deal,
  given: {
    requestedAmountCents: number | null;
    source: string | null;
    filled: readonly string[];
    confirmations: readonly Confirmation[];
    now: Date;
  },
): Change {
  const fields = [...given.filled];
  const differing = [...given.confirmations];
  let { requestedAmountCents } = deal;
  if (given.requestedAmountCents !== null && requestedAmountCents === null) {
    requestedAmountCents = given.requestedAmountCents;
    fields.push('requested_amount_cents');
  } else if (given.requestedAmountCents !== null && given.requestedAmountCents !== requestedAmountCents) {
    const field = 'requested_amount_cents';
    const source = given.source ?? REUSE_SOURCE;
    differing.push({ field, existing: requestedAmountCents, value: given.requestedAmountCents, source });
  }
  const confirmations = withConfirmations(deal.confirmations, differing);
  if (fields.length === 0 && confirmations === deal.confirmations) return { deal, facts: [] };
  const next = changed(deal, given.now, { requestedAmountCents, confirmations });
  return { deal: next, facts: fields.length === 0 ? [] : [{ type: 'deal.updated', data: { fields } }] };
}

/** Where a value comes from that a second start brought without naming its source. */
export const REUSE_SOURCE = 'start';
