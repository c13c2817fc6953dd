import type { Position } from '@uw-wizard/shared/contracts/statement';
import { daysOf } from './calendar.ts';
import type { Movement } from './plan-month.ts';
import type { AnalysisTruth, FundingPosition } from './truth.ts';

export type PlannedMonth = { month: string; beginningBalanceCents: number; movements: Movement[] };

/** Payments of a month by frequency: 21 business days, 52 weeks in 12 months. */
const PER_MONTH = { daily: 21, weekly: 52 / 12, monthly: 1 };

/** The figures that follow from the plan itself, computed day by day and apart from any reader. */
export function analysisTruth(months: PlannedMonth[], nsfCount: number, given: FundingPosition[]): AnalysisTruth {
  const movements = months.flatMap((month) => month.movements);
  const credits = movements.filter(({ amountCents }) => amountCents > 0);
  const balances = months.flatMap(endOfDayBalances);
  const mean = (cents: number): number => Math.round(cents / months.length);
  return {
    months: months.length,
    avgMonthlyRevenueCents: mean(total(credits.filter(({ revenue }) => revenue))),
    avgMonthlyDepositsCents: mean(total(credits)),
    avgDailyBalanceCents: Math.round(balances.reduce((sum, cents) => sum + cents, 0) / balances.length),
    nsfCount,
    negativeDays: balances.filter((cents) => cents < 0).length,
    depositCount: credits.length,
    positions: given
      .map((position) => positionOf(position, movements))
      .sort((a, b) => b.monthly_cost_cents - a.monthly_cost_cents),
  };
}

function endOfDayBalances({ month, beginningBalanceCents, movements }: PlannedMonth): number[] {
  let balance = beginningBalanceCents;
  return daysOf(month).map((day) => {
    balance += total(movements.filter(({ date }) => date === day));
    return balance;
  });
}

function positionOf({ funder, paymentCents, frequency }: FundingPosition, movements: Movement[]): Position {
  return {
    funder,
    payment_cents: paymentCents,
    frequency,
    monthly_cost_cents: Math.round(paymentCents * PER_MONTH[frequency]),
    payment_count: movements.filter(({ description }) => description.startsWith(`${funder.toUpperCase()} ACH DEBIT`))
      .length,
  };
}

function total(movements: Movement[]): number {
  return movements.reduce((sum, { amountCents }) => sum + amountCents, 0);
}
