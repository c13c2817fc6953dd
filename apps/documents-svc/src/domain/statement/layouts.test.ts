import { describe, expect, test } from 'vitest';
import { readGrid } from './layouts.test-helper.ts';

describe('Layouts of banks that print their statements in their own way are read by the position of their words', () => {
  test('sections with minus signs, dates with a short year, checks side by side, and a list of daily balances', () => {
    expect(
      readGrid(
        `
  BANK OF AMERICA
  P.O. Box 15284
  Wilmington, DE 19850

  PRAIRIE BAKERY LLC                                                  1.888.BUSINESS (1.888.287.4637)
  12 MARKET STREET
  SPRINGFIELD, IL  62701-1234

  Your Business Advantage Fundamentals
  for January 1, 2025 to January 31, 2025                            Account number: 4460 1234 7702
  PRAIRIE BAKERY LLC

  Account summary
  Beginning balance on January 1, 2025                 $1,000.00         # of deposits/credits: 2
  Deposits and other credits                            2,500.50         # of withdrawals/debits: 5
  Withdrawals and other debits                           -300.25         # of items-previous cycle: 1
  Checks                                                 -450.00         Average ledger balance: $2,345.67
  Service fees                                            -15.00
  Ending balance on January 31, 2025                   $2,735.25

  Deposits and other credits
  Date         Description                                                              Amount
  01/02/25     BANKCARD DES:MERCH DEP ID:12345                                        2,000.00
               INDN:PRAIRIE BAKERY CO ID:99 CCD
  01/15/25     Counter Credit                                                           500.50
  Total deposits and other credits                                                   $2,500.50
`,
        `
  PRAIRIE BAKERY LLC   |  Account # 4460 1234 7702  |  January 1, 2025 to January 31, 2025

  Withdrawals and other debits
  Date         Description                                                              Amount
  01/03/25     UTILITY CO DES:PAYMENT                                                  -200.00
  01/20/25     CHECKCARD 0119 OFFICE 12.50 USD SHOP                                    -100.25
  Total withdrawals and other debits                                                  -$300.25

  Checks
  Date           Check #                    Amount           Date           Check #              Amount
  01/06          1001                      -150.00           01/08          1003*               -200.00
  01/07          1002                      -100.00           Total checks                      -$450.00
                                                             Total # of checks                        3

  Service fees
  Date         Transaction description                                                  Amount
  01/31/25     Monthly Fee Business Adv Fundamentals                                    -15.00
  Total service fees                                                                   -$15.00

  Daily ledger balances
  Date             Balance ($)          Date             Balance ($)          Date             Balance ($)
  01/01            1,000.00             01/06            2,650.00             01/15            2,850.50
  01/02            3,000.00             01/07            2,550.00             01/31            2,735.25
`,
      ),
    ).toEqual({
      bank: 'Bank of America, N.A.',
      account: '7702',
      holder: 'PRAIRIE BAKERY LLC',
      period: '2025-01-01 2025-01-31',
      balances: [100_000, 273_525],
      totals: [250_050, 76_525],
      reconciled: true,
      flags: [],
      rows: [
        '2025-01-02 200000  BANKCARD DES:MERCH DEP ID:12345 INDN:PRAIRIE BAKERY CO ID:99 CCD',
        '2025-01-15 50050  Counter Credit',
        '2025-01-03 -20000  UTILITY CO DES:PAYMENT',
        '2025-01-20 -10025  CHECKCARD 0119 OFFICE 12.50 USD SHOP',
        '2025-01-06 -15000  Check 1001',
        '2025-01-08 -20000  Check 1003*',
        '2025-01-07 -10000  Check 1002',
        '2025-01-31 -1500  Monthly Fee Business Adv Fundamentals',
      ],
    });
  });

  test('a stacked heading, a check number column, dates without a year over the turn of the year, balances once a day', () => {
    expect(
      readGrid(`
  Initiate Business Checking
  January 15, 2025   Page 1 of 2

  PRAIRIE BAKERY LLC                                      Questions?
  12 MARKET STREET                                        Wells Fargo Bank, N.A. (228)
  SPRINGFIELD IL 62701

  Statement period activity summary                       Account number: 5930123315
     Beginning balance on 12/16              $5,000.00    PRAIRIE BAKERY LLC
     Deposits/Credits                         1,200.00    Illinois account terms and conditions apply
     Withdrawals/Debits                       - 700.00
     Ending balance on 1/15                  $5,500.00

  Transaction history

                   Check                                         Deposits/     Withdrawals/     Ending daily
  Date            Number   Description                             Credits           Debits          balance
  12/30                    Square Inc 241230P2 L2061              1,200.00                         6,200.00
  12/31             1042   Check                                                     500.00
  12/31                    Recurring Payment authorized on                            50.00        5,650.00
                           12/30 Comcast S5842 Card 1234
  1/2                      Business to Business ACH Debit                            150.00        5,500.00
  Ending balance on 1/15                                                                           5,500.00
  Totals                                                         $1,200.00          $700.00
`),
    ).toEqual({
      bank: 'Wells Fargo Bank, N.A.',
      account: '3315',
      holder: 'PRAIRIE BAKERY LLC',
      period: '2024-12-16 2025-01-15',
      balances: [500_000, 550_000],
      totals: [120_000, 70_000],
      reconciled: true,
      flags: [],
      rows: [
        '2024-12-30 120000 620000 Square Inc 241230P2 L2061',
        '2024-12-31 -50000  Check',
        '2024-12-31 -5000 565000 Recurring Payment authorized on 12/30 Comcast S5842 Card 1234',
        '2025-01-02 -15000 550000 Business to Business ACH Debit',
      ],
    });
  });

  test('a period in three short lines, amounts that end with a minus, dollar signs apart from their figures', () => {
    expect(
      readGrid(`
  U.S. Bank National Association                                     Account Number:
  P.O. Box 1800                                                      1 047 9012 3456
  Saint Paul, Minnesota 55101-0800                                   Statement Period:
                                                                     Mar 3, 2025
                                                                     through
                                                                     Mar 31, 2025

  PRAIRIE BAKERY LLC
  12 MARKET ST
  SPRINGFIELD IL 62701-1234

  SILVER BUSINESS CHECKING                                           Member FDIC
  Account Summary
                                         # Items
  Beginning Balance on Mar 3                          $         2,000.00
  Customer Deposits                          1                    600.00
  Other Deposits                             1                    400.00
  Other Withdrawals                          2                    250.00-
  Checks Paid                                1                    100.00-
     Ending Balance on  Mar 31, 2025                  $         2,650.00

  Customer Deposits
  Number             Date     Ref Number              Amount
                     Mar 4    8956123456              600.00
                              Total Customer Deposits              $          600.00
  Other Deposits
  Date       Description of Transaction                    Ref Number                  Amount
  Mar 10     Electronic Deposit        From SQUARE INC                        $         400.00
               REF=250690123456 N00      9424300002SQ250310
                              Total Other Deposits                 $          400.00
  Other Withdrawals
  Date       Description of Transaction                    Ref Number                  Amount
  Mar 11     Electronic Withdrawal     To GUSTO                               $         200.00-
  Mar 31     Analysis Service Charge                       3100000000                   50.00-
                              Total Other Withdrawals              $          250.00-
  Checks Presented Conventionally
  Check          Date         Ref Number              Amount
  1201           Mar 14       8654321098              100.00
  Conventional Checks Paid (1)                     $         100.00-
  Balance Summary
  Date           Ending Balance          Date           Ending Balance
  Mar 4                2,600.00          Mar 11               2,800.00
  Mar 10               3,000.00          Mar 14               2,700.00
`),
    ).toMatchObject({
      bank: 'U.S. Bank',
      account: '3456',
      holder: 'PRAIRIE BAKERY LLC',
      period: '2025-03-03 2025-03-31',
      balances: [200_000, 265_000],
      totals: [100_000, 35_000],
      reconciled: true,
      flags: [],
      rows: [
        '2025-03-04 60000  Customer Deposits 8956123456',
        '2025-03-10 40000  Electronic Deposit From SQUARE INC REF=250690123456 N00 9424300002SQ250310',
        '2025-03-11 -20000  Electronic Withdrawal To GUSTO',
        '2025-03-31 -5000  Analysis Service Charge',
        '2025-03-14 -10000  Check 1201',
      ],
    });
  });
});
