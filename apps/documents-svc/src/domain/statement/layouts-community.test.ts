import { describe, expect, test } from 'vitest';
import { readGrid } from './layouts.test-helper.ts';

describe('Layouts that community banks and credit unions share', () => {
  test.each(['Checks in Serial Number Order', 'Items as they came, by number'])(
    'withdrawals with a minus, and a list of checks without one, under the title "%s"',
    (title) => {
      const { rows, totals, reconciled } = readGrid(`
  Community First Bank
  Account Number          100000455521           Statement Dates   5/01/25 thru  6/01/25
  Previous Balance            1,000.00           Days in the statement period     32
     2 Deposits/Credits         700.00           Average Ledger              1,200.00
     3 Checks/Debits            330.00           Average Collected           1,200.00
  Service Charge                 10.00
  Ending Balance              1,360.00

  Deposits and Additions
  Date      Description                                         Amount
  5/02      DDA REGULAR DEPOSIT                                  300.00
  5/09      BANKCARD  MTOT DEP                                   400.00
            CCD 53000000001
  Checks and Withdrawals
  Date      Description                                         Amount
  5/12      GUSTO  PAYROLL                                       230.00-
            PPD
  5/30      SERVICE CHARGE                                        10.00-
  ${title}
  Date   Check No          Amount  Date   Check No          Amount
  5/13       1001           60.00  5/20       1003*          40.00
  * Denotes missing check numbers
  Daily Balance Information
  Date             Balance  Date             Balance  Date             Balance
  5/01            1,000.00  5/09            1,700.00  5/20            1,370.00
`);
      expect(reconciled).toBe(true);
      expect(totals).toEqual([70_000, 34_000]);
      expect(rows).toEqual([
        '2025-05-02 30000  DDA REGULAR DEPOSIT',
        '2025-05-09 40000  BANKCARD MTOT DEP CCD 53000000001',
        '2025-05-12 -23000  GUSTO PAYROLL PPD',
        '2025-05-30 -1000  SERVICE CHARGE',
        '2025-05-13 -6000  Check 1001',
        '2025-05-20 -4000  Check 1003*',
      ]);
    },
  );

  test('headings with words cut short, a second date beside the first, and few rows', () => {
    const { rows, reconciled } = readGrid(`
  Harbor Federal Credit Union
  From 05/01/25 to 05/31/25

  BUSINESS CHECKING - 0070
  Trans Date   Eff Date    Desc                                    Amount      Bal
  05/01/25                 Beginning Balance                                  1,000.00
  05/02/25     05/02/25    Deposit ACH SQUARE INC                  250.00     1,250.00
  05/09/25     05/09/25    Withdrawal POS SYSCO                   -100.00     1,150.00
  05/31/25                 Ending Balance                                     1,150.00
`);
    expect(reconciled).toBe(true);
    expect(rows).toEqual([
      '2025-05-02 25000 125000 Deposit ACH SQUARE INC',
      '2025-05-09 -10000 115000 Withdrawal POS SYSCO',
    ]);
  });

  test.each([
    'Spark Business Basic Checking  XXXXXX4321',
    'Business Checking (...4321)',
    'BUSINESS CHECKING ****-4321',
    'Business Savings ending in 4321',
  ])('the account is known from the end of its number behind the product: "%s"', (line) => {
    expect(readGrid(line).account).toBe('4321');
  });

  test('a column of account numbers: the number stands below its heading, another heading beside it', () => {
    const { account } = readGrid(`
  ACCOUNT TYPE             ACCOUNT NUMBER    STATEMENT PERIOD
  SIMPLE CHECKING          9876543210        JAN.01-JAN.31,2025
`);
    expect(account).toBe('3210');
  });

  test.each(['Business Checking 2025', 'Checking Summary 1234', 'Savings rates ending 2025'])(
    'another number behind a product is no account: "%s"',
    (line) => {
      expect(readGrid(line).account).toBeNull();
    },
  );
});

describe('Summaries of other forms', () => {
  test('totals above their parts (of one there is only one), beside another list', () => {
    const { balances, totals, reconciled } = readGrid(`
  Huntington National Bank
  Statement Activity From:                    Beginning Balance            $1,000.00
  01/01/25 to 01/31/25                        Credits (+)                    $700.00
                                                Regular Deposits             $300.00
  Days in Statement Period  31                  Electronic Deposits          $400.00
                                              Debits (-)                     $100.00
                                                Regular Checks Paid          $100.00
  Account: -------3344                        Ending Balance               $1,600.00

  Other Credits (+)                                              Account:-------3344
  Date        Amount       Description
  01/06       700.00       SQUARE INC 250106P2
  Checks (-)                                                     Account:-------3344
  Date        Amount       Check #            Date        Amount      Check #
  01/09        60.00       1001               01/10        40.00      1002
`);
    expect({ balances, totals, reconciled }).toEqual({
      balances: [100_000, 160_000],
      totals: [70_000, 10_000],
      reconciled: true,
    });
  });

  test('balances behind their dates, and brackets behind the dollar sign', () => {
    const { balances, totals, flags, rows } = readGrid(`
  Fifth Third Bank
  Statement Period Date: 1/1/2025 - 1/31/2025
  Account Number: 7012345678
  Account Summary - 7012345678
  01/01   Beginning Balance   $1,000.00     Number of Days in Period   31
  2       Checks                 $(100.00)
  1       Withdrawals / Debits    $(50.00)
  1       Deposits / Credits      $400.00
  01/31   Ending Balance        $1,250.00

  Checks
  Number   Date Paid   Amount      Number   Date Paid   Amount
  1001     01/09        60.00      1002     01/10        40.00
  Withdrawals / Debits
  Date    Amount     Description
  01/15    50.00     GUSTO PAYROLL
  Deposits / Credits
  Date    Amount     Description
  01/06   400.00     SQUARE INC
`);
    expect(balances).toEqual([100_000, 125_000]);
    expect(totals).toEqual([40_000, 15_000]);
    expect(rows).toHaveLength(4);
    expect(flags).toEqual(['not-found holder']);
  });

  test.each([
    ['12-31-24', '1-31-25', '2025-01-01 2025-01-31'],
    ['12-15-24', '1-15-25', '2024-12-16 2025-01-15'],
    ['1-1-25', '1-31-25', '2025-01-01 2025-01-31'],
    ['1-6-25', '1-31-25', '2025-01-06 2025-01-31'],
  ])('an opening balance of %s before an ending one of %s means the period %s', (opening, ending, period) => {
    const reading = readGrid(`
  Beginning balance ${opening}        $1,000.00
  Ending balance ${ending}            $1,290.00
`);
    expect(reading.period).toBe(period);
  });
});
