import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { divideHalfUp, dollars, floorTo, timesRate } from './money.ts';

describe('money', () => {
  test('a factor applied to an amount equals exact arithmetic rounded half up, to the cent', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000_00 }), fc.integer({ min: 0, max: 20_000 }), (cents, rate) => {
        const exact = (BigInt(cents) * BigInt(rate) * 2n + 10_000n) / 20_000n;
        expect(BigInt(timesRate(cents, rate))).toBe(exact);
      }),
    );
  });

  test('half a cent goes up', () => {
    expect(timesRate(1, 5_000)).toBe(1);
    expect(timesRate(1, 4_999)).toBe(0);
    expect(divideHalfUp(7, 2)).toBe(4);
  });

  test('an amount too large for exact integers is refused rather than rounded', () => {
    expect(() => timesRate(Number.MAX_SAFE_INTEGER, 12_900)).toThrow(RangeError);
  });

  test('rounding down to a step never adds money and loses less than one step', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_00 }), (cents) => {
        const rounded = floorTo(cents, 100_00);
        expect(rounded % 100_00).toBe(0);
        expect(rounded).toBeLessThanOrEqual(cents);
        expect(cents - rounded).toBeLessThan(100_00);
      }),
    );
  });

  test('amounts are written as dollars and cents', () => {
    expect(dollars(1_234_567)).toBe('$12,345.67');
  });
});
