import { divideHalfUp, timesRate } from '../money.ts';
import type { PaymentFrequency } from '../offer.ts';

/** Business days without bank holidays, the basis of daily debits: 252 a year, 21 a month. Weekly debits: 52 a year. */
export const PERIODS_PER_YEAR: Readonly<Record<PaymentFrequency, number>> = { daily: 252, weekly: 52 };

export type Schedule = {
  paybackAmountCents: number;
  financeChargeCents: number;
  paymentFrequency: PaymentFrequency;
  paymentAmountCents: number;
  lastPaymentAmountCents: number;
  paymentCount: number;
  /** Calendar days from funding to the last payment, estimated from the year's share of its periods. */
  termDays: number;
  estAprBps: number;
};

/** How many payments fall into a term of whole months: 21 business days each, or 52 weeks over 12 months, rounded half up. */
export function paymentsInMonths(frequency: PaymentFrequency, months: number): number {
  return divideHalfUp(months * PERIODS_PER_YEAR[frequency], 12);
}

/** What payments of `paymentCents` take in one month, in cents, rounded up: 21 a month, or 52/12. */
export function monthlyCostCents(frequency: PaymentFrequency, paymentCents: number): number {
  return Math.ceil((paymentCents * PERIODS_PER_YEAR[frequency]) / 12);
}

/**
 * The payments of an advance. Payback is funded × factor, rounded half up to the cent; every payment is the same but the
 * last, which takes the rest: `payment × (count − 1) + last = payback` and `0 < last <= payment`. An amount so small that
 * whole cents cannot be spread over `payments` debits has fewer.
 */
export function scheduleFor(terms: {
  fundedAmountCents: number;
  factorRateBps: number;
  paymentFrequency: PaymentFrequency;
  payments: number;
}): Schedule {
  const { fundedAmountCents, paymentFrequency, payments } = terms;
  const paybackAmountCents = timesRate(fundedAmountCents, terms.factorRateBps);
  if (fundedAmountCents <= 0 || paybackAmountCents < fundedAmountCents || payments < 1) {
    throw new RangeError('An advance funds more than nothing, at a factor of at least 1, over at least one payment');
  }
  const paymentAmountCents = Math.ceil(paybackAmountCents / payments);
  const paymentCount = Math.ceil(paybackAmountCents / paymentAmountCents);
  const lastPaymentAmountCents = paybackAmountCents - paymentAmountCents * (paymentCount - 1);
  const periodsPerYear = PERIODS_PER_YEAR[paymentFrequency];
  return {
    paybackAmountCents,
    financeChargeCents: paybackAmountCents - fundedAmountCents,
    paymentFrequency,
    paymentAmountCents,
    lastPaymentAmountCents,
    paymentCount,
    termDays: Math.max(1, divideHalfUp(paymentCount * 365, periodsPerYear)),
    estAprBps: estAprBps({
      fundedAmountCents,
      paymentAmountCents,
      lastPaymentAmountCents,
      paymentCount,
      periodsPerYear,
    }),
  };
}

/**
 * The estimated APR in basis points: the rate i at which the payments, the first one period after funding, are worth the
 * funded amount (funded = Σ payment / (1 + i)^k), times the periods of a year. Nominal, without fees, solved by bisection.
 * 252 periods for daily debits, as these fall on business days; 365 would understate it. The idea of New York's and
 * California's estimated APR (23 NYCRR 600, 10 CCR 942), not yet a disclosure under them.
 */
export function estAprBps(flow: {
  fundedAmountCents: number;
  paymentAmountCents: number;
  lastPaymentAmountCents: number;
  paymentCount: number;
  periodsPerYear: number;
}): number {
  const { fundedAmountCents, paymentAmountCents, lastPaymentAmountCents, paymentCount, periodsPerYear } = flow;
  const worthAt = (rate: number): number => {
    const discount = (1 + rate) ** -1;
    const equal = rate === 0 ? paymentCount - 1 : (1 - discount ** (paymentCount - 1)) / rate;
    return paymentAmountCents * equal + lastPaymentAmountCents * discount ** paymentCount;
  };
  if (worthAt(0) <= fundedAmountCents) return 0;
  let low = 0;
  let high = 1;
  while (worthAt(high) > fundedAmountCents) high *= 2;
  // Sixty halvings of an interval this small reach the last bit of a double.
  for (let step = 0; step < 60; step += 1) {
    const middle = (low + high) / 2;
    if (worthAt(middle) > fundedAmountCents) low = middle;
    else high = middle;
  }
  return Math.round(((low + high) / 2) * periodsPerYear * 10_000);
}
