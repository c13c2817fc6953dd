import { may, type Role } from '@uw-wizard/shared/contracts/permissions';
import type { Deal } from '../domain/deal.ts';
import type { Merchant } from '../domain/merchant.ts';
import { type Offer, wireOffer } from '../domain/offer.ts';
import { maskPii } from './mask-pii.ts';

/** A deal as the desk sees it. Whoever may not see personal data gets the owner's e-mail, phone and SSN digits masked. */
export function showDeal(given: { deal: Deal; merchant: Merchant; offers: readonly Offer[]; role: Role }) {
  const { deal, merchant, offers } = given;
  return {
    deal_id: deal.id,
    merchant_id: deal.merchantId,
    merchant: showMerchant(merchant),
    status: deal.status,
    review_status: deal.reviewStatus,
    version: deal.version,
    assigned_to: deal.assignee,
    source: deal.source,
    requested_amount_cents: deal.requestedAmountCents,
    use_of_funds: deal.useOfFunds,
    stated_monthly_revenue_cents: deal.statedMonthlyRevenueCents,
    ...showOwner(deal, given.role),
    open_bankruptcy: deal.openBankruptcy,
    confirm: deal.confirmations.map(({ field }) => field),
    ...showStatements(deal),
    offers: offers.map(wireOffer),
    accepted_offer: deal.acceptedTerms === null ? null : wireOffer(deal.acceptedTerms),
    commission_cents: deal.commissionCents,
    paper_grade: deal.paperGrade,
    background_status: deal.backgroundStatus,
    envelope_id: deal.envelopeId,
    ...showTimes(deal),
  };
}

/** The fields that hold a value which `role` sees, and others would see masked. */
export function unmaskedFields(deal: Deal, role: Role): string[] {
  if (!may(role, 'pii.read')) return [];
  const { ownerEmail, ownerPhone, ownerSsnLast4 } = deal;
  const values = { owner_email: ownerEmail, owner_phone: ownerPhone, owner_ssn_last4: ownerSsnLast4 };
  return Object.entries(values).flatMap(([field, value]) => (value === null ? [] : [field]));
}

function showMerchant(merchant: Merchant) {
  return {
    merchant_id: merchant.id,
    legal_name: merchant.legalName,
    dba: merchant.dba,
    ein: merchant.ein,
    state: merchant.state,
    business_start_date: merchant.businessStartDate,
    industry_naics: merchant.industryNaics,
    entity_type: merchant.entityType,
    phone: merchant.phone,
    email: merchant.email,
    ticker: merchant.ticker,
    external_id: merchant.externalId,
  };
}

function showOwner(deal: Deal, role: Role) {
  return {
    owner_name: deal.ownerName,
    owner_email: maskPii(role, 'owner_email', deal.ownerEmail),
    owner_phone: maskPii(role, 'owner_phone', deal.ownerPhone),
    ownership_pct: deal.ownershipPct,
    stated_fico: deal.statedFico,
    owner_ssn_last4: maskPii(role, 'owner_ssn_last4', deal.ownerSsnLast4),
  };
}

function showStatements(deal: Deal) {
  return {
    statement_set_id: deal.statementSetId,
    statement_months: deal.statementMonths,
    statements_reconciled: deal.statementsReconciled,
    avg_monthly_revenue_cents: deal.avgMonthlyRevenueCents,
    avg_monthly_deposits_cents: deal.avgMonthlyDepositsCents,
    avg_daily_balance_cents: deal.avgDailyBalanceCents,
    nsf_count: deal.nsfCount,
    negative_days: deal.negativeDays,
    deposit_count: deal.depositCount,
    positions_count: deal.positionsCount,
    positions: deal.positions,
  };
}

function showTimes(deal: Deal) {
  const time = (date: Date | null) => date?.toISOString() ?? null;
  return {
    created_at: time(deal.createdAt),
    updated_at: time(deal.updatedAt),
    intake_completed_at: time(deal.intakeCompletedAt),
    statements_analyzed_at: time(deal.statementsAnalyzedAt),
    offers_generated_at: time(deal.offersGeneratedAt),
    accepted_at: time(deal.acceptedAt),
    background_run_at: time(deal.backgroundRunAt),
    signature_sent_at: time(deal.signatureSentAt),
    signed_at: time(deal.signedAt),
    declined_at: time(deal.declinedAt),
    closed_at: time(deal.closedAt),
    erased_at: time(deal.erasedAt),
  };
}
