import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { describe, expect, test } from 'vitest';
import { readStatement } from './read-statement.ts';

/** What a test says of a reading: the figures, and the rows as `date amount balance description`. */
function read(...pages: string[]) {
  const { statement, transactions } = readStatement(textGrid(...pages));
  const { bank, account_last4, holder, period_start, period_end, reconciled, flags } = statement;
  return {
    bank,
    account: account_last4,
    holder,
    period: `${period_start} ${period_end}`,
    balances: [statement.beginning_balance_cents, statement.ending_balance_cents],
    totals: [statement.deposits_cents, statement.withdrawals_cents],
    reconciled,
    flags: flags.map(({ code, field }) => `${code} ${field}`),
    rows: transactions.map(({ date, amountCents, runningBalanceCents, description }) =>
      [date, amountCents, runningBalanceCents, description].join(' '),
    ),
  };
}

describe('Layouts of banks that print their statements in their own way are read by the position of their words', () => {
  test('sections with minus signs, dates with a short year, checks side by side, and a list of daily balances', () => {
    expect(
      read(
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
      read(`
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
      read(`
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

  test('the amount before the description, and a summary that runs across the page', () => {
    expect(
      read(`
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
      read(`
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
      read(`
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

describe('Figures and titles in less usual places', () => {
  test('a month by its name, a minus that is a dash, a type column, the date once a day', () => {
    expect(
      read(`
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
      read(`
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
      read(`
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
      read(`
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

describe('What a statement does not tell stays unknown', () => {
  test('an amount whose direction nothing tells is no transaction, and the row is named', () => {
    const { rows, reconciled, flags } = read(`
  Granite State Community Bank
  Statement from 02/01/2025 to 02/28/2025
  Account number 99345521
  Opening balance   $500.00
  Closing balance   $620.00

  Date          Description                 Amount
  02/11/2025    Power company                80.00
  02/20/2025    Something                   200.00
`);
    expect(rows).toEqual([]);
    expect(reconciled).toBe(false);
    expect(flags.filter((flag) => flag.startsWith('row-unreadable'))).toHaveLength(2);
    expect(flags).toContain('not-found transaction_count');
  });

  test('a period without a year anywhere leaves the dates open, though the rows add up', () => {
    const { period, rows, reconciled, flags } = read(`
  Harbor Bank of Maine
  May 29 through June 26
  Account number 99345521
  Beginning balance   $500.00
  Ending balance      $580.00

  DEPOSITS
  Date          Description                 Amount
  06/24         Counter deposit              80.00
`);
    expect(period).toBe('null null');
    expect(rows).toEqual([' 8000  Counter deposit']);
    expect(reconciled).toBe(true);
    expect(flags).toContain('year-missing period_start');
  });

  test('balances that do not add up are reported with their difference and not corrected', () => {
    const { statement } = readStatement(
      textGrid(`
  Harbor Bank of Maine
  Statement period 03/01/2025 - 03/31/2025
  Account number 99345521
  Beginning balance   $500.00
  Ending balance      $700.00

  Date          Description                 Amount      Balance
  03/02         Counter deposit             100.00       600.00
  03/09         Power company               -20.00       580.00
`),
    );
    expect(statement.reconciled).toBe(false);
    expect(statement.ending_balance_cents).toBe(70_000);
    expect(statement.flags.find(({ code }) => code === 'balance-mismatch')?.detail).toContain(
      'a difference of $120.00',
    );
    expect(statement.deposits_cents).toBeNull();
  });
});
