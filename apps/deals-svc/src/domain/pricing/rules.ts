import type { StatementFigures } from '../deal.ts';
import { findRestrictedIndustry, type IndustryFacts } from '../industry.ts';
import { bpsToPct, dollars } from '../money.ts';
import type { Criteria, GradePolicy, PricingPolicy } from './policy.ts';

/** What pricing knows about the merchant and the wish, besides the statements. */
export type PricingGiven = {
  merchant: IndustryFacts & { state: string | null; businessStartDate: string | null };
  /** `null`: as much as the policy gives. */
  requestedAmountCents: number | null;
  openBankruptcy: boolean | null;
  /** The day time in business is counted to, `2026-11-21`. */
  today: string;
};

/** One rule that stands against an offer: what was found (`null`: nobody knows) against what the rule asks for. */
export type BlockReason = {
  code: string;
  detail: string;
  actual: number | string | null;
  threshold: number | string;
};
/** No offers. `reason` is the code of the first of `reasons`, which are all of them. */
export type Blocked = { blocked: true; reason: string; reasons: readonly BlockReason[] };

/** A criterion: where its figure comes from, which way it is compared and how to say that it is not met. */
type Rule = {
  criterion: keyof Criteria;
  /** `least`: the figure must reach the threshold; `most`: it must not exceed it. */
  asks: 'least' | 'most';
  figure: (figures: StatementFigures, given: PricingGiven) => number | null;
  failed: string;
  unknown: string;
  says: (actual: string, threshold: string) => string;
  ask: string;
  format?: (value: number) => string;
};

const RULES: readonly Rule[] = [
  {
    criterion: 'minMonthlyRevenueCents',
    asks: 'least',
    figure: (figures) => figures.avgMonthlyRevenueCents,
    failed: 'revenue-below-minimum',
    unknown: 'revenue-unknown',
    says: (actual, threshold) => `True revenue averages ${actual} a month; at least ${threshold} is needed.`,
    ask: 'The statements do not show the monthly revenue. Upload statements that can be read.',
    format: dollars,
  },
  {
    criterion: 'minMonthsInBusiness',
    asks: 'least',
    figure: (_figures, given) => monthsBetween(given.merchant.businessStartDate, given.today),
    failed: 'time-in-business-below-minimum',
    unknown: 'time-in-business-unknown',
    says: (actual, threshold) => `The business is ${actual} months old; at least ${threshold} are needed.`,
    ask: 'The age of the business is not known. Answer business_start_date in the intake.',
  },
  {
    criterion: 'maxNsfPer90Days',
    asks: 'most',
    figure: (figures) => per90Days(figures.nsfCount, figures.statementMonths),
    failed: 'nsf-above-maximum',
    unknown: 'nsf-unknown',
    says: (actual, threshold) => `There were ${actual} NSFs per 90 days; at most ${threshold} are accepted.`,
    ask: 'The statements do not show how many payments were returned unpaid. Upload statements that can be read.',
  },
  {
    criterion: 'maxNegativeDaysPer90Days',
    asks: 'most',
    figure: (figures) => per90Days(figures.negativeDays, figures.statementMonths),
    failed: 'negative-days-above-maximum',
    unknown: 'negative-days-unknown',
    says: (actual, threshold) => `The account was negative on ${actual} of 90 days; at most ${threshold} are accepted.`,
    ask: 'The statements do not show on how many days the account was negative. Upload statements that can be read.',
  },
  {
    criterion: 'maxPositions',
    asks: 'most',
    figure: (figures) => figures.positionsCount,
    failed: 'positions-above-maximum',
    unknown: 'positions-unknown',
    says: (actual, threshold) => `${actual} advances are already being repaid; at most ${threshold} are accepted.`,
    ask: 'The statements do not show whether advances are being repaid. Upload statements that can be read.',
  },
];

/** Every rule of the policy's last (least demanding) grade that is not met, then what the policy rules out altogether. */
export function failingRules(policy: PricingPolicy, figures: StatementFigures, given: PricingGiven): BlockReason[] {
  const least = policy.grades.at(-1);
  const reasons: BlockReason[] = [];
  const months = figures.statementMonths;
  if (months === null || months < policy.minStatementMonths) {
    const threshold = policy.minStatementMonths;
    const detail = `Statements of ${threshold} months are needed; those at hand cover ${months ?? 'an unknown number'}.`;
    reasons.push({ code: 'statement-months-below-minimum', detail, actual: months, threshold });
  }
  for (const rule of least ? RULES : []) {
    const reason = least && brokenBy(rule, least.criteria, figures, given);
    if (reason) reasons.push(reason);
  }
  return [...reasons, ...ruledOut(policy, given)];
}

/** The best grade whose every criterion is met; `null` when none is. */
export function gradeOf(policy: PricingPolicy, figures: StatementFigures, given: PricingGiven): GradePolicy | null {
  const best = policy.grades.findIndex(({ grade }) => grade === policy.bestGradeWhenUnreconciled);
  const open = figures.statementsReconciled === true ? policy.grades : policy.grades.slice(Math.max(0, best));
  return open.find(({ criteria }) => RULES.every((rule) => !brokenBy(rule, criteria, figures, given))) ?? null;
}

/** Refuses a wish below the smallest advance there is. */
export function amountReason(policy: PricingPolicy, given: PricingGiven): BlockReason | null {
  const { requestedAmountCents: actual } = given;
  if (actual === null || actual >= policy.minAmountCents) return null;
  const threshold = policy.minAmountCents;
  const detail = `${dollars(actual)} were requested; advances start at ${dollars(threshold)}.`;
  return { code: 'requested-amount-below-minimum', detail, actual, threshold };
}

/** The smallest advance would take, with the positions there are, more of the revenue than the cap allows. Percentages. */
export function affordabilityReason(grade: GradePolicy, revenueCents: number, monthlyCents: number): BlockReason {
  // Rounded up, so that what breaks the cap never reads as equal to it.
  const actual = bpsToPct(Math.ceil((monthlyCents * 10_000) / revenueCents));
  const threshold = bpsToPct(grade.holdbackCapBps);
  const detail = `With the advances already being repaid, the smallest offer would take ${actual} % of monthly revenue; at most ${threshold} % is accepted.`;
  return { code: 'affordability', detail, actual, threshold };
}

export function statementsMissing(policy: PricingPolicy): Blocked {
  const threshold = policy.minStatementMonths;
  const detail = `There are no bank statements yet. Upload those of the last ${threshold} months.`;
  return blockedBy([{ code: 'statements-missing', detail, actual: 0, threshold }]);
}

/** Blocked for the given reasons, by the first of them. */
export function blockedBy(reasons: readonly [BlockReason, ...BlockReason[]]): Blocked {
  return { blocked: true, reason: reasons[0].code, reasons };
}

/** Whole months from one calendar day to another; `null` without a start. A day that has not come counts as 0 months. */
export function monthsBetween(start: string | null, today: string): number | null {
  if (start === null) return null;
  const [fromYear = 0, fromMonth = 0, fromDay = 0] = start.split('-').map(Number);
  const [toYear = 0, toMonth = 0, toDay = 0] = today.split('-').map(Number);
  const months = (toYear - fromYear) * 12 + toMonth - fromMonth - (toDay < fromDay ? 1 : 0);
  return Math.max(0, months);
}

/** A count over so many statement months as one over 90 days, rounded up. */
function per90Days(count: number | null, months: number | null): number | null {
  if (count === null || months === null || months < 1) return null;
  return Math.ceil((count * 3) / months);
}

function brokenBy(rule: Rule, criteria: Criteria, figures: StatementFigures, given: PricingGiven): BlockReason | null {
  const threshold = criteria[rule.criterion];
  const actual = rule.figure(figures, given);
  if (actual === null) return { code: rule.unknown, detail: rule.ask, actual, threshold };
  const met = rule.asks === 'least' ? actual >= threshold : actual <= threshold;
  const format = rule.format ?? String;
  return met ? null : { code: rule.failed, detail: rule.says(format(actual), format(threshold)), actual, threshold };
}

function ruledOut(policy: PricingPolicy, given: PricingGiven): BlockReason[] {
  const reasons: BlockReason[] = [];
  const { state } = given.merchant;
  if (state !== null && policy.restrictedStates.includes(state)) {
    const detail = `No advances are made in ${state}.`;
    reasons.push({ code: 'restricted-state', detail, actual: state, threshold: 'not a restricted state' });
  }
  const found = findRestrictedIndustry(policy.restrictedIndustries, given.merchant);
  if (found) {
    const detail = `No advances are made to this industry: ${found.industry} (${found.because}).`;
    reasons.push({
      code: 'restricted-industry',
      detail,
      actual: found.industry,
      threshold: 'not a restricted industry',
    });
  }
  if (given.openBankruptcy === true) {
    const detail = 'The business or its owner is in an open bankruptcy.';
    reasons.push({ code: 'open-bankruptcy', detail, actual: 'open', threshold: 'none open' });
  }
  return reasons;
}
