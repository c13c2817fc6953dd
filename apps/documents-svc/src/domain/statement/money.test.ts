import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { amountsOf, dollars, parseAmount } from './money.ts';

describe('Printed amounts', () => {
  test.each([
    ['1,234.56', 123_456, 0],
    ['$1,234.56', 123_456, 0],
    ['1234.56', 123_456, 0],
    ['.50', 50, 0],
    ['-1,234.56', 123_456, -1],
    ['−1,234.56', 123_456, -1],
    ['-$1,234.56', 123_456, -1],
    ['$-1,234.56', 123_456, -1],
    ['1,234.56-', 123_456, -1],
    ['(1,234.56)', 123_456, -1],
    ['($1,234.56)', 123_456, -1],
    ['1,234.56DR', 123_456, -1],
    ['1,234.56 CR', 123_456, 1],
    ['+1,234.56', 123_456, 1],
  ])('%s is read with its sign', (text, cents, sign) => {
    expect(parseAmount(text)).toEqual({ cents, sign });
  });

  test.each([
    '14700.080000000002',
    '1,23.45',
    '12.5',
    '1.234,56',
    '12/31',
    '1-800-555-0100',
    '(12.00',
    '$',
    '2025',
    '99999999999999999.99',
  ])('%s is no amount', (text) => {
    expect(parseAmount(text)).toBeNull();
  });

  test('every amount up to ten million dollars is read back from how it is printed', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000 }), (cents) => {
        expect(parseAmount(dollars(cents))).toEqual({ cents, sign: 0 });
        expect(parseAmount(dollars(-cents - 1))).toEqual({ cents: cents + 1, sign: -1 });
      }),
    );
  });

  test('a dollar sign, a minus or CR that stands apart belongs to its figure', () => {
    const words = ['Fee', '$', '12.00', '-', '80.00', 'CR'].map((text, at) => ({
      x0: at * 30,
      x1: at * 30 + 26,
      text,
    }));
    expect(amountsOf({ words, height: 9 }).map(({ cents, sign }) => [cents, sign])).toEqual([
      [1200, -1],
      [8000, 1],
    ]);
  });
});
