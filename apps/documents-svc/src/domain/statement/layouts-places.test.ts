import { describe, expect, test } from 'vitest';
import { readGrid } from './layouts.test-helper.ts';

describe('Figures and titles in less usual places', () => {
  test('a month by its name, a minus that is a dash, a type column, the date once a day', () => {
    expect(
      readGrid(`
  Mercury
  Prairie Bakery LLC                                     January 2025 statement
  Account number  202211234567

  Starting balance    Total deposits    Total withdrawals    Ending balance
  $1,000.00           $500.00           –$150.00             $1,350.00

  All Transactions

  Date (UTC)    Description                      Type                 Amount       End of Day Balance
  Jan 02        Stripe                           ACH In               $500.00             $1,500.00
  Jan 05        Gusto                            ACH Pull            –$100.00
                Comcast                          Card                 –$50.00             $1,350.00
  Total                                                               $350.00
`),
    ).toMatchObject({
      bank: 'Mercury',
      period: '2025-01-01 2025-01-31',
      totals: [50_000, 15_000],
      reconciled: true,
      rows: ['2025-01-02 50000 150000 Stripe', '2025-01-05 -10000  Gusto', '2025-01-05 -5000 135000 Comcast'],
    });
  });

  test('a balance as of the day before the period, dollar signs in the headings, an account number behind the product', () => {
    expect(
      readGrid(`
  TRUIST
  PRAIRIE BAKERY LLC
  12 MARKET ST
  SPRINGFIELD IL 62701-1234

  SIMPLE BUSINESS CHECKING 0000123456789
  Your previous balance as of 12/31/2024                $1,000.00
  Checks                                                - 100.00
  Other withdrawals, debits and service charges         - 250.00
  Deposits, credits and interest                        + 600.00
  Your new balance as of 01/31/2025                   = $1,250.00

  Checks
  DATE        CHECK #        AMOUNT($)        DATE      CHECK #     AMOUNT($)
  01/10       1001               60.00        01/12     *1003           40.00
  * indicates a skip in sequential check numbers above this item          Total checks          = $100.00

  Other withdrawals, debits and service charges
  DATE        DESCRIPTION                                                          AMOUNT($)
  01/13       ACH CORP DEBIT PAYROLL GUSTO CUSTOMER ID 6SNJ2                          235.00
  01/31       SERVICE CHARGE                                                           15.00
  Total other withdrawals, debits and service charges                               = $250.00

  Deposits, credits and interest
  DATE        DESCRIPTION                                                          AMOUNT($)
  01/05       DEPOSIT                                                                 600.00
`),
    ).toMatchObject({
      account: '6789',
      holder: 'PRAIRIE BAKERY LLC',
      period: '2025-01-01 2025-01-31',
      reconciled: true,
      rows: [
        '2025-01-10 -6000  Check 1001',
        '2025-01-12 -4000  Check *1003',
        '2025-01-13 -23500  ACH CORP DEBIT PAYROLL GUSTO CUSTOMER ID 6SNJ2',
        '2025-01-31 -1500  SERVICE CHARGE',
        '2025-01-05 60000  DEPOSIT',
      ],
    });
  });

  test('a note beside a title, and subtotals', () => {
    expect(
      readGrid(`
  TD Bank                                                 Statement Period:     Jan 01 2025-Jan 31 2025
  Primary Account #:             431-2345678
  Beginning Balance               1,000.00            Average Collected Balance        1,100.00
  Electronic Deposits               500.00            Interest Paid Year-to-Date           0.00
  Checks Paid                       100.00            Days in Period                         31
  Ending Balance                  1,400.00
  DAILY ACCOUNT ACTIVITY
  Electronic Deposits
  POSTING DATE     DESCRIPTION                                                   AMOUNT
  01/02            CCD DEPOSIT, SQUARE INC 250102P2 L123                         500.00
                                                                 Subtotal:       500.00
  Checks Paid          No. Checks: 1     *Indicates break in serial sequence
  DATE      SERIAL NO.               AMOUNT
  01/09     1001                     100.00
                                                                 Subtotal:       100.00
`),
    ).toMatchObject({
      account: '5678',
      reconciled: true,
      rows: ['2025-01-02 50000  CCD DEPOSIT, SQUARE INC 250102P2 L123', '2025-01-09 -10000  Check 1001'],
    });
  });

  test('figures that do not line up below their headings', () => {
    expect(
      readGrid(`
  First Bank of Somewhere
  Account: 000987654
  Statement Period: 03/01/2025 to 03/31/2025
  Previous Balance: $100.00
  Current Balance: $130.00
  Date Description Debit Credit Balance
  03/02/2025 Coffee 5.00 95.00
  03/05/2025 Deposit 35.00 130.00
`),
    ).toMatchObject({ reconciled: true, rows: ['2025-03-02 -500 9500 Coffee', '2025-03-05 3500 13000 Deposit'] });
  });
});
