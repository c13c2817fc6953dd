import type { Position } from '@uw-wizard/shared/contracts/statement';
import { daysBetween } from './dates.ts';
import { funderOf } from './funders.ts';
import type { Transaction } from './model.ts';

type Payment = { date: string; cents: number };

/** Payments in an average month: 21 business days, 52 weeks in 12 months. */
const PER_MONTH = { daily: 21, weekly: 52 / 12, monthly: 1 };
/** Median days between payments: business days are one apart, with weekends and a holiday at most three. */
const GAPS: [Exclude<Position['frequency'], 'irregular'>, number, number][] = [
  ['daily', 1, 3],
  ['weekly', 6, 8],
  ['monthly', 26, 35],
];

/**
 * Advances that are being repaid: two debits or more that name a known funder. A funder's payments of one amount are one position;
 * where its amounts vary (a share of card sales) all of them are one, at their median. The rhythm is the median gap between payments.
 * The monthly cost is the payment times its payments in an average month; without a rhythm, what was paid over `months`.
 */
export function positionsOf(transactions: Transaction[], months: number): Position[] {
  const debits = transactions.flatMap(({ date, description, amountCents, category }) => {
    const funder = category === 'funder_payment' ? funderOf(description) : null;
    return funder === null || date === null ? [] : [{ funder, date, cents: -amountCents }];
  });
  return [...Map.groupBy(debits, ({ funder }) => funder)]
    .flatMap(([funder, payments]) => streamsOf(payments).map((stream) => positionOf(funder, stream, months)))
    .sort((a, b) => b.monthly_cost_cents - a.monthly_cost_cents);
}

/** A funder's payments by amount when most of them come in amounts that recur, else all together; single payments are no position. */
function streamsOf(payments: Payment[]): Payment[][] {
  const recurring = [...Map.groupBy(payments, ({ cents }) => cents).values()].filter(({ length }) => length >= 2);
  const covered = recurring.reduce((count, { length }) => count + length, 0);
  const streams = covered * 3 >= payments.length * 2 ? recurring : [payments];
  return streams.filter(({ length }) => length >= 2);
}

function positionOf(funder: string, payments: Payment[], months: number): Position {
  const dates = payments.map(({ date }) => date).sort();
  const gap = median(dates.slice(1).map((date, at) => daysBetween(dates[at] ?? date, date)));
  const frequency = GAPS.find(([, low, high]) => gap >= low && gap <= high)?.[0] ?? 'irregular';
  const payment = Math.round(median(payments.map(({ cents }) => cents)));
  const total = payments.reduce((sum, { cents }) => sum + cents, 0);
  return {
    funder,
    payment_cents: payment,
    frequency,
    monthly_cost_cents: Math.round(
      frequency === 'irregular' ? total / Math.max(1, months) : payment * PER_MONTH[frequency],
    ),
    payment_count: payments.length,
  };
}

function median(numbers: number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[middle - 1] ?? 0, sorted[middle] ?? 0];
  return sorted.length % 2 === 1 ? high : (low + high) / 2;
}
