import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseEin } from './ein.ts';
import { parseState } from './us-states.ts';

describe('an EIN', () => {
  test('is read with and without its dash and kept with it', () => {
    fc.assert(
      fc.property(fc.constantFrom('01', '12', '47', '83', '99'), fc.stringMatching(/^\d{7}$/), (prefix, rest) => {
        expect(parseEin(`${prefix}-${rest}`)).toBe(`${prefix}-${rest}`);
        expect(parseEin(` ${prefix}${rest} `)).toBe(`${prefix}-${rest}`);
      }),
    );
  });

  test('with a prefix the IRS never assigned is none', () => {
    const never = [
      '00',
      '07',
      '08',
      '09',
      '17',
      '18',
      '19',
      '28',
      '29',
      '49',
      '69',
      '70',
      '78',
      '79',
      '89',
      '96',
      '97',
    ];
    const refused = Array.from({ length: 100 }, (_, at) => String(at).padStart(2, '0')).filter(
      (prefix) => parseEin(`${prefix}1234567`) === null,
    );
    expect(refused).toEqual(never);
  });

  test.each(['12-34567', '12345678', '1234567890', '123-45-6789', '12-345678a', '', '１２-3456789'])(
    'is not %s',
    (text) => {
      expect(parseEin(text)).toBeNull();
    },
  );
});

describe('a state', () => {
  test.each([
    ['tx', 'TX'],
    ['DC', 'DC'],
    [' pr ', 'PR'],
  ])('%s is %s', (text, state) => {
    expect(parseState(text)).toBe(state);
  });

  test.each(['ZZ', 'Texas', 'T', '', 'AE', '__proto__'])('%s is none', (text) => {
    expect(parseState(text)).toBeNull();
  });
});
