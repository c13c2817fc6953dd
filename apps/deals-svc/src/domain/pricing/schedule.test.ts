import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { monthlyCostCents, paymentsInMonths, scheduleFor } from './schedule.ts';

const anyAdvance = fc.record({
  fundedAmountCents: fc.integer({ min: 1, max: 1_000_000_00 }),
  factorRateBps: fc.integer({ min: 10_000, max: 20_000 }),
  paymentFrequency: fc.constantFrom('daily' as const, 'weekly' as const),
  payments: fc.integer({ min: 1, max: 504 }),
});

describe('the payment schedule', () => {
  test('the payments add up to the payback to the cent, and the last is never larger than the others', () => {
    fc.assert(
      fc.property(anyAdvance, (advance) => {
        const made = scheduleFor(advance);
        const paid = made.paymentAmountCents * (made.paymentCount - 1) + made.lastPaymentAmountCents;
        expect(paid).toBe(made.paybackAmountCents);
        expect(made.lastPaymentAmountCents).toBeGreaterThan(0);
        expect(made.lastPaymentAmountCents).toBeLessThanOrEqual(made.paymentAmountCents);
        expect(made.paybackAmountCents - made.financeChargeCents).toBe(advance.fundedAmountCents);
        expect(made.paymentCount).toBeLessThanOrEqual(advance.payments);
        expect(made.termDays).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });

  test('an advance of a real size is paid in exactly as many payments as its term has', () => {
    fc.assert(
      fc.property(anyAdvance, fc.integer({ min: 5_000_00, max: 500_000_00 }), (advance, fundedAmountCents) => {
        expect(scheduleFor({ ...advance, fundedAmountCents }).paymentCount).toBe(advance.payments);
      }),
    );
  });

  test('payback is the funded amount times the factor, half a cent up', () => {
    const made = scheduleFor({
      fundedAmountCents: 33_333,
      factorRateBps: 12_950,
      paymentFrequency: 'daily',
      payments: 10,
    });
    // 33 333 × 1.295 = 43 166.235; 1 × 1.5 = 1.5.
    expect(made.paybackAmountCents).toBe(43_166);
    expect(
      scheduleFor({ fundedAmountCents: 1, factorRateBps: 15_000, paymentFrequency: 'weekly', payments: 1 })
        .paybackAmountCents,
    ).toBe(2);
  });

  test('a term of months has 21 daily or 52/12 weekly payments a month', () => {
    expect([3, 9, 12].map((months) => paymentsInMonths('daily', months))).toEqual([63, 189, 252]);
    expect([6, 8, 9, 12].map((months) => paymentsInMonths('weekly', months))).toEqual([26, 35, 39, 52]);
    expect(monthlyCostCents('daily', 100_00)).toBe(2_100_00);
    expect(monthlyCostCents('weekly', 300)).toBe(1_300);
  });

  test('nine months of business days are about 274 calendar days', () => {
    const made = scheduleFor({
      fundedAmountCents: 100_000_00,
      factorRateBps: 13_000,
      paymentFrequency: 'daily',
      payments: 189,
    });
    expect(made.termDays).toBe(274);
    expect(made.estAprBps).toBe(7_300);
  });

  test('an advance of nothing, or paid back with less than it was, is refused', () => {
    const advance = { fundedAmountCents: 100, factorRateBps: 9_000, paymentFrequency: 'daily' as const, payments: 5 };
    expect(() => scheduleFor(advance)).toThrow(RangeError);
    expect(() => scheduleFor({ ...advance, factorRateBps: 12_000, fundedAmountCents: 0 })).toThrow(RangeError);
    expect(() => scheduleFor({ ...advance, factorRateBps: 12_000, payments: 0 })).toThrow(RangeError);
  });
});

describe('the estimated APR', () => {
  // Worked out independently of this code, by bisection on the unrounded payment.
  test.each([
    [100_000_00, 13_000, 'daily' as const, 189, 7_300],
    [50_000_00, 13_000, 'daily' as const, 130, 10_592],
    [50_000_00, 13_500, 'weekly' as const, 26, 12_292],
    [25_000_00, 14_900, 'daily' as const, 84, 25_535],
  ])('%i cents at %i basis points over %s payments, %i of them, cost %i basis points a year', (...vector) => {
    const [fundedAmountCents, factorRateBps, paymentFrequency, payments, expected] = vector;
    expect(scheduleFor({ fundedAmountCents, factorRateBps, paymentFrequency, payments }).estAprBps).toBe(expected);
  });

  test('at the APR found, the payments are worth the funded amount, period by period', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 5_000_00, max: 500_000_00 }),
        fc.integer({ min: 10_500, max: 15_000 }),
        fc.integer({ min: 20, max: 252 }),
        (fundedAmountCents, factorRateBps, payments) => {
          const made = scheduleFor({ fundedAmountCents, factorRateBps, paymentFrequency: 'daily', payments });
          const worthAt = (bps: number): number => {
            let worth = 0;
            for (let k = 1; k <= made.paymentCount; k += 1) {
              const payment = k === made.paymentCount ? made.lastPaymentAmountCents : made.paymentAmountCents;
              worth += payment / (1 + bps / 10_000 / 252) ** k;
            }
            return worth;
          };
          expect(worthAt(made.estAprBps - 0.5001)).toBeGreaterThanOrEqual(fundedAmountCents);
          expect(worthAt(made.estAprBps + 0.5001)).toBeLessThanOrEqual(fundedAmountCents);
        },
      ),
    );
  });

  test('a higher factor always costs more, and a factor of 1 costs nothing', () => {
    const at = (factorRateBps: number): number =>
      scheduleFor({ fundedAmountCents: 20_000_00, factorRateBps, paymentFrequency: 'weekly', payments: 26 }).estAprBps;
    expect(at(10_000)).toBe(0);
    expect(at(12_000)).toBeLessThan(at(12_100));
  });
});
