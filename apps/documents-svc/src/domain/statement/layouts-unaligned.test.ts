import { describe, expect, test } from 'vitest';
import { readGrid } from './layouts.test-helper.ts';

describe('Layouts without the usual order or headings are read by the position of their words', () => {
  test('the amount before the description, and a summary that runs across the page', () => {
    expect(
      readGrid(`
  Business Checking Statement                                                          PNC Bank
  For the period 01/01/2025 to 01/31/2025
  PRAIRIE BAKERY LLC                                        Primary account number: XX-XXXX-9012
  12 MARKET ST
  SPRINGFIELD IL 62701-1234

  Balance Summary
         Beginning             Deposits and          Checks and other           Ending
           balance          other additions                deductions          balance
          1,000.00                   750.00                    320.00         1,430.00

  Deposits and Other Additions
  Deposits                                                    There was 1 Deposit totaling $250.00.
  Date                               Transaction                                           Reference
  posted              Amount         description                                              number
  01/08               250.00         Deposit                                               040123456

  ACH Additions                                               There was 1 ACH Addition totaling $500.00.
  Date                               Transaction                                           Reference
  posted              Amount         description                                              number
  01/09               500.00         Corporate ACH Sq250109 Square Inc T3ABC              0002500912

  Checks and Other Deductions
  Checks and Substitute Checks
  Date        Check                     Reference         Date        Check                     Reference
  posted     number       Amount           number         posted     number       Amount           number
  01/10      1001         100.00        081234567         01/13      1002          70.00        081234568

  ACH Deductions                                              There was 1 ACH Deduction totaling $150.00.
  Date                               Transaction                                           Reference
  posted              Amount         description                                              number
  01/21               150.00         Corporate ACH Payroll Gusto 6Snj2                    0002502133
  Detail of Services Used During Current Period
`),
    ).toMatchObject({
      bank: 'PNC Bank',
      account: '9012',
      period: '2025-01-01 2025-01-31',
      balances: [100_000, 143_000],
      totals: [75_000, 32_000],
      reconciled: true,
      flags: [],
      rows: [
        '2025-01-08 25000  Deposit',
        '2025-01-09 50000  Corporate ACH Sq250109 Square Inc T3ABC',
        '2025-01-10 -10000  Check 1001',
        '2025-01-13 -7000  Check 1002',
        '2025-01-21 -15000  Corporate ACH Payroll Gusto 6Snj2',
      ],
    });
  });

  test('rows under titles only, without any column heading', () => {
    expect(
      readGrid(`
  Regions Bank
  Springfield Main
  PRAIRIE BAKERY LLC
  12 MARKET ST
  SPRINGFIELD IL 62701-1234
                                             ACCOUNT #      0123456789
                                       LIFEGREEN BUSINESS CHECKING
                             January 1, 2025 through January 31, 2025
                                                SUMMARY
     Beginning Balance              $1,000.00                         Minimum Balance       $640
     Deposits & Credits               $300.00  +
     Withdrawals                      $410.00  -
     Fees                              $10.00  -
     Ending Balance                   $880.00

                                             DEPOSITS & CREDITS
     01/03      Merchant Bankcard Deposit 8012345                                    300.00

                                                WITHDRAWALS
     01/06      Card Purchase Fuel Stop 5541 Springfield IL 62701 1234               60.00
     01/09      Gusto Payroll 6snj2                                                 350.00
                                                                  Total Withdrawals      $410.00
                                                   FEES
     01/31      Monthly Fee                                                          10.00

                                           DAILY BALANCE SUMMARY
     Date           Balance             Date          Balance             Date          Balance
     01/03         1,300.00             01/06        1,240.00             01/09          890.00
`),
    ).toMatchObject({
      bank: 'Regions Bank',
      account: '6789',
      period: '2025-01-01 2025-01-31',
      balances: [100_000, 88_000],
      totals: [30_000, 42_000],
      reconciled: true,
      flags: [],
      rows: [
        '2025-01-03 30000  Merchant Bankcard Deposit 8012345',
        '2025-01-06 -6000  Card Purchase Fuel Stop 5541 Springfield IL 62701 1234',
        '2025-01-09 -35000  Gusto Payroll 6snj2',
        '2025-01-31 -1000  Monthly Fee',
      ],
    });
  });

  test('newest row first, one amount column without any sign: the running balance tells the direction', () => {
    expect(
      readGrid(`
  Granite State Community Bank
  Statement from 02/01/2025 to 02/28/2025
  Account ending in 5521
  Opening balance   $500.00
  Closing balance   $620.00

  Date          Description                 Amount      Balance
  02/20/2025    Card sales settlement       200.00       620.00
  02/11/2025    Power company                80.00       420.00
`),
    ).toMatchObject({
      bank: 'Granite State Community Bank',
      account: '5521',
      totals: [20_000, 8_000],
      reconciled: true,
      rows: ['2025-02-11 -8000 42000 Power company', '2025-02-20 20000 62000 Card sales settlement'],
    });
  });
});
