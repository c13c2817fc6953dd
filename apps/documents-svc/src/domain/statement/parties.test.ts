import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { describe, expect, test } from 'vitest';
import { linesOf } from './lines.ts';
import { accountsOf, bankOf, holderOf } from './parties.ts';

const lines = (text: string) => linesOf(textGrid(text));

describe('The account', () => {
  test.each([
    ['Account number: ****4821', '4821'],
    ['Account number: 4460 1234 7702', '7702'],
    ['Account Number: SZEN52203993605', '3605'],
    ['Account # 431-2345678 01/31/2025', '5678'],
    ['Account ending in 5521', '5521'],
    ['Primary Account:   000000123456789', '6789'],
    ['Account number\nXXXXXX1234', '1234'],
    ['Acct No. xxxx-xx-9012', '9012'],
    ['Business Checking - 7012345678', '5678'],
  ])('%s', (text, digits) => {
    expect(accountsOf(lines(text))).toEqual([digits]);
  });

  test.each(['Call 1-800-242-7338', 'Account balance $1,234.56', 'Routing number 053000219', 'Account number: 12'])(
    'is not in "%s"',
    (text) => {
      expect(accountsOf(lines(text))).toEqual([]);
    },
  );
});

describe('The bank', () => {
  test.each([
    ['JPMorgan Chase Bank, N.A.', 'JPMorgan Chase Bank, N.A.'],
    ['visit us at wellsfargo.com', 'Wells Fargo Bank, N.A.'],
    ['First National Bank of Omaha', 'First National Bank of Omaha'],
    ['Harbor Federal Credit Union', 'Harbor Federal Credit Union'],
    ['Please tell the bank at once when your card is lost', null],
    ['Prairie Bakery LLC', null],
  ])('of "%s" is %s', (text, bank) => {
    expect(bankOf(lines(text))).toBe(bank);
  });
});

describe('The holder', () => {
  test.each([
    ['PRAIRIE BAKERY LLC\n12 MARKET STREET\nSPRINGFIELD, IL 62701-1234', 'PRAIRIE BAKERY LLC'],
    ['PRAIRIE BAKERY LLC\nDBA SUNRISE DONUTS\nPO BOX 12\nSPRINGFIELD IL 62701', 'PRAIRIE BAKERY LLC'],
    ['4 Corners Deli Corp\n746 Market Street\nSpringfield, IL 62701', '4 Corners Deli Corp'],
    ['Account holder: Prairie Bakery LLC', 'Prairie Bakery LLC'],
    ['Account number: 12345678\nPRAIRIE BAKERY LLC\nIllinois terms and conditions apply', 'PRAIRIE BAKERY LLC'],
    ['Wells Fargo Bank,\n420 Montgomery Street\nSan Francisco, CA 94104', null],
    ['2335 Wood Fields\nAlvarezstad, MN 89230', null],
    ['Account name: Everyday account', null],
  ])('%s', (text, holder) => {
    expect(holderOf(lines(text))).toBe(holder);
  });
});
