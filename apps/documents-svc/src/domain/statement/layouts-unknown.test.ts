import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { describe, expect, test } from 'vitest';
import { readGrid } from './layouts.test-helper.ts';
import { readStatement } from './read-statement.ts';

describe('What a statement does not tell stays unknown', () => {
  test('an amount whose direction nothing tells is no transaction, and the row is named', () => {
    const { rows, reconciled, flags } = readGrid(`
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

  test('of many rows that cannot be read the first are named and the others counted', () => {
    const rows = Array.from({ length: 40 }, (_, at) => `  02/11/2025    Power company                ${at + 1}.00`);
    const { flags } = readStatement(
      textGrid(`
  Granite State Community Bank
  Account number 99345521
  Date          Description                 Amount
${rows.join('\n')}
`),
    ).statement;
    const unreadable = flags.filter(({ code }) => code === 'row-unreadable');
    expect(unreadable).toHaveLength(6);
    expect(unreadable[5]?.detail).toBe('35 more rows cannot be read');
  });

  test('a period without a year anywhere leaves the dates open, though the rows add up', () => {
    const { period, rows, reconciled, flags } = readGrid(`
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
