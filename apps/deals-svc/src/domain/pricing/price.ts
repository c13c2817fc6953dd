import type { StatementFigures } from '../deal.ts';
import { divideHalfUp, floorTo, RATE_SCALE, timesRate } from '../money.ts';
import type { OfferTerms } from '../offer.ts';
import type { GradePolicy, OfferPlan, PricingPolicy } from './policy.ts';
import {
  affordabilityReason,
  amountReason,
  type Blocked,
  blockedBy,
  failingRules,
  gradeOf,
  type PricingGiven,
  statementsMissing,
} from './rules.ts';
import { monthlyCostCents, PERIODS_PER_YEAR, paymentsInMonths, type Schedule, scheduleFor } from './schedule.ts';

export type { PricingGiven };
export type Priced = { blocked: false; offers: readonly OfferTerms[]; policyVersion: string };

/**
 * Three offers by the policy, exactly one recommended, or everything that stands against them.
 *
 * The grade is the best whose every criterion the figures meet. Its three plans are parts of the largest amount: the
 * grade's multiple of monthly true revenue, no more than was requested or than the policy's maximum. An offer is made
 * smaller until it and all other positions together fit under the grade's holdback cap; where even the smallest amount
 * does not fit, over the grade's longer terms. Amounts are rounded down to the policy's step.
 *
 * A figure that a rule needs and nobody knows fails that rule, with `actual: null`; that includes the time in business,
 * which an underwriter has to know. An industry, state or bankruptcy that was not named fails nothing: the background
 * checks look at them again.
 */
export function price(policy: PricingPolicy, figures: StatementFigures, given: PricingGiven): Priced | Blocked {
  if (figures.statementSetId === null) return statementsMissing(policy);
  const requested = amountReason(policy, given);
  const [first, ...others] = [...failingRules(policy, figures, given), ...(requested ? [requested] : [])];
  if (first) return blockedBy([first, ...others]);
  const grade = gradeOf(policy, figures, given);
  const revenueCents = figures.avgMonthlyRevenueCents;
  if (grade === null || revenueCents === null) {
    throw new Error(`Policy ${policy.version} is not valid: what its last grade accepts, no grade takes`);
  }

  const largestCents = Math.min(
    timesRate(revenueCents, grade.maxAmountOfMonthlyRevenueBps),
    grade.maxAmountCents,
    given.requestedAmountCents ?? grade.maxAmountCents,
  );
  const roomCents = timesRate(revenueCents, grade.holdbackCapBps) - existingMonthlyCents(figures);
  const offers: OfferTerms[] = [];
  for (const plan of grade.plans) {
    const wishCents = Math.max(
      policy.minAmountCents,
      floorTo(timesRate(largestCents, plan.shareBps), policy.amountStepCents),
    );
    const schedule = fit(policy, grade, plan, wishCents, roomCents);
    if (schedule === null) {
      const leastCents = leastMonthlyCents(policy, grade, plan);
      return blockedBy([affordabilityReason(grade, revenueCents, existingMonthlyCents(figures) + leastCents)]);
    }
    offers.push(termsOf(plan, grade, schedule, revenueCents));
  }
  return { blocked: false, offers, policyVersion: policy.version };
}

/** What the positions found on the statements take a month, in cents. */
function existingMonthlyCents(figures: StatementFigures): number {
  return figures.positions.reduce((sum, position) => sum + position.monthly_cost_cents, 0);
}

/** The largest schedule up to `wishCents` whose payments fit in `roomCents` a month; the plan's own term before longer ones. */
function fit(
  policy: PricingPolicy,
  grade: GradePolicy,
  plan: OfferPlan,
  wishCents: number,
  roomCents: number,
): (Schedule & { fundedAmountCents: number }) | null {
  for (const months of termsOfAtLeast(grade, plan)) {
    const payments = paymentsInMonths(plan.paymentFrequency, months);
    const scheduleAt = (fundedAmountCents: number): Schedule & { fundedAmountCents: number } => ({
      fundedAmountCents,
      ...scheduleFor({
        fundedAmountCents,
        factorRateBps: plan.factorRateBps,
        paymentFrequency: plan.paymentFrequency,
        payments,
      }),
    });
    const fits = (schedule: Schedule): boolean =>
      monthlyCostCents(schedule.paymentFrequency, schedule.paymentAmountCents) <= roomCents;
    // Nearly the largest amount whose payback the room carries; the loop then takes a step or two to the exact one.
    const paybackCents = (Math.max(0, roomCents) * 12 * payments) / PERIODS_PER_YEAR[plan.paymentFrequency];
    const guessCents = floorTo((paybackCents * RATE_SCALE) / plan.factorRateBps, policy.amountStepCents);
    const startCents = Math.min(wishCents, guessCents + policy.amountStepCents);
    for (let cents = startCents; cents >= policy.minAmountCents; cents -= policy.amountStepCents) {
      const schedule = scheduleAt(cents);
      if (fits(schedule)) return schedule;
    }
  }
  return null;
}

/** The plan's own term, then the longer ones of its grade. */
function termsOfAtLeast(grade: GradePolicy, plan: OfferPlan): readonly number[] {
  const longer = grade.plans.map(({ termMonths }) => termMonths).filter((months) => months > plan.termMonths);
  return [plan.termMonths, ...longer.toSorted((a, b) => a - b)];
}

/** What the smallest advance by this plan takes a month over the grade's longest term. */
function leastMonthlyCents(policy: PricingPolicy, grade: GradePolicy, plan: OfferPlan): number {
  const months = termsOfAtLeast(grade, plan).at(-1) ?? plan.termMonths;
  const { paymentFrequency, factorRateBps } = plan;
  const payments = paymentsInMonths(paymentFrequency, months);
  const schedule = scheduleFor({ fundedAmountCents: policy.minAmountCents, factorRateBps, paymentFrequency, payments });
  return monthlyCostCents(paymentFrequency, schedule.paymentAmountCents);
}

function termsOf(
  plan: OfferPlan,
  grade: GradePolicy,
  schedule: Schedule & { fundedAmountCents: number },
  revenueCents: number,
): OfferTerms {
  const monthlyCents = monthlyCostCents(schedule.paymentFrequency, schedule.paymentAmountCents);
  return {
    label: plan.label,
    recommended: plan.recommended,
    fundedAmountCents: schedule.fundedAmountCents,
    factorRateBps: plan.factorRateBps,
    paybackAmountCents: schedule.paybackAmountCents,
    financeChargeCents: schedule.financeChargeCents,
    paymentFrequency: schedule.paymentFrequency,
    paymentAmountCents: schedule.paymentAmountCents,
    lastPaymentAmountCents: schedule.lastPaymentAmountCents,
    paymentCount: schedule.paymentCount,
    termDays: schedule.termDays,
    holdbackBps: divideHalfUp(monthlyCents * 10_000, revenueCents),
    estAprBps: schedule.estAprBps,
    commissionCents: timesRate(schedule.fundedAmountCents, grade.commissionBps),
    paperGrade: grade.grade,
  };
}
