import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { describe, expect, test } from 'vitest';
import { isStatement } from './is-statement.ts';
import { readStatement } from './read-statement.ts';

const verdict = (text: string) => isStatement(readStatement(textGrid(text)));

describe('Papers that are no bank statement are refused, though they have balances and rows', () => {
  test('a credit card statement', () => {
    expect(
      verdict(`
  Account number: XXXX XXXX XXXX 1234
  Opening/Closing Date 01/04/25 - 02/03/25
  Previous Balance      $1,000.00
  Payment, Credits     -$1,000.00
  Purchases              +$500.00
  New Balance             $500.00
  Minimum Payment Due      $40.00
  Payment Due Date       03/01/25
  Credit Limit         $10,000.00
  Date of Transaction    Transaction Description     $ Amount
  01/10                  Payment Thank You          -1,000.00
  01/12                  OFFICE SHOP                   500.00
`),
    ).toEqual({ accepted: false, detail: expect.stringContaining('a credit card statement') });
  });

  test("a power company's bill", () => {
    expect(
      verdict(`
  Prairie Power Company
  Account number 123456789
  Billing period: 01/01/2025 - 01/31/2025     Due date: 02/20/2025
  Previous balance    $120.00
  Payments received   -$120.00
  New charges          $140.00
  New balance          $140.00
  Amount due           $140.00
  Date         Description       Amount
  01/10/2025   Payment           -120.00
`),
    ).toEqual({ accepted: false, detail: expect.stringContaining('a bill') });
  });

  test('a letter without any figures', () => {
    expect(
      verdict('Dear Sir or Madam,\nwe opened your account number 12345678 on January 2, 2025.\nFirst Bank of Maine'),
    ).toMatchObject({
      accepted: false,
    });
  });
});

describe('Bank statements are accepted', () => {
  test('though a row speaks of an invoice that was due', () => {
    expect(
      verdict(`
  Harbor Bank of Maine
  Statement period 03/01/2025 - 03/31/2025
  Account number 99345521
  Beginning balance   $500.00
  Ending balance      $600.00
  Date          Description                                  Amount      Balance
  03/02         ACME INVOICE NO 12 AMOUNT DUE BILL TO        100.00       600.00
`),
    ).toEqual({ accepted: true });
  });

  test('without any movement in the month', () => {
    expect(
      verdict(`
  Harbor Bank of Maine
  Statement period 03/01/2025 - 03/31/2025
  Account number 99345521
  Beginning balance   $500.00
  Ending balance      $500.00
  There was no activity this month.
`),
    ).toEqual({ accepted: true });
  });
});
