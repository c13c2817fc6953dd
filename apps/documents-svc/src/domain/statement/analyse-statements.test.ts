import { describe, expect, test } from 'vitest';
import { analyseStatements } from './analyse-statements.ts';
import { categorise } from './categorise.ts';
import type { ReadStatement, Statement } from './model.ts';
import { totalsOf } from './reconcile.ts';
import { scannedStatement } from './scanned-statement.ts';

type Given = Partial<Statement> & { start: string; end: string; begin?: number; rows?: [string, string, number][] };

/** A statement as read: rows are date, description, cents; the ending balance follows from them. */
function statement({ start, end, begin = 100_000, rows = [], ...rest }: Given): ReadStatement {
  const transactions = rows.map(([date, description, amountCents]) => ({
    date,
    description,
    amountCents,
    runningBalanceCents: null,
    category: categorise({ description, amountCents }),
  }));
  const { depositsCents, withdrawalsCents } = totalsOf(transactions);
  return {
    transactions,
    statement: {
      bank: 'Harbor Bank',
      account_last4: '1234',
      holder: 'Prairie Bakery LLC',
      period_start: start,
      period_end: end,
      beginning_balance_cents: begin,
      ending_balance_cents: begin + depositsCents - withdrawalsCents,
      deposits_cents: depositsCents,
      withdrawals_cents: withdrawalsCents,
      transaction_count: transactions.length,
      reconciled: true,
      confidence: 1,
      flags: [],
      ...rest,
    },
  };
}

const january = { start: '2025-01-01', end: '2025-01-31' };
const february = { start: '2025-02-01', end: '2025-02-28' };
const march = { start: '2025-03-01', end: '2025-03-31' };
const codes = (reads: ReadStatement[]) => analyseStatements(reads).flags.map(({ code }) => code);

describe('Revenue', () => {
  test('is what customers paid: no transfers, loans, refunds, returned items or interest', () => {
    const { avg_monthly_revenue_cents, avg_monthly_deposits_cents, deposit_count } = analyseStatements([
      statement({
        ...january,
        rows: [
          ['2025-01-02', 'COUNTER DEPOSIT', 500_000],
          ['2025-01-03', 'ONLINE TRANSFER FROM SAV', 10_000],
          ['2025-01-04', 'SBA LOAN PROCEEDS', 20_000],
          ['2025-01-05', 'VENDOR REFUND', 3_000],
          ['2025-01-06', 'RETURNED ITEM CHECK 12', 400],
          ['2025-01-31', 'INTEREST PAID', 50],
        ],
      }),
    ]);
    expect(avg_monthly_revenue_cents).toBe(500_000);
    expect(avg_monthly_deposits_cents).toBe(533_450);
    expect(deposit_count).toBe(6);
  });

  test('of months of different length is their plain mean, and a cycle from the 15th to the 14th is a month', () => {
    const rows = (date: string): [string, string, number][] => [[date, 'COUNTER DEPOSIT', 300_000]];
    const months = [
      statement({ ...january, rows: rows('2025-01-05') }),
      statement({ ...february, rows: rows('2025-02-05') }),
      statement({ ...march, rows: [['2025-03-05', 'COUNTER DEPOSIT', 600_000]] }),
    ];
    expect(analyseStatements(months).avg_monthly_revenue_cents).toBe(400_000);
    const cycle = statement({ start: '2025-01-15', end: '2025-02-14', rows: rows('2025-01-20') });
    expect(analyseStatements([cycle]).avg_monthly_revenue_cents).toBe(300_000);
  });

  test('of ten days counts as ten days, not as a poor month', () => {
    const ten = statement({
      start: '2025-01-01',
      end: '2025-01-10',
      rows: [['2025-01-05', 'COUNTER DEPOSIT', 100_000]],
    });
    expect(analyseStatements([ten]).avg_monthly_revenue_cents).toBe(304_375);
  });

  test('of two accounts in one month adds up; the same month of one account twice counts once', () => {
    const one = statement({ ...january, rows: [['2025-01-05', 'COUNTER DEPOSIT', 100_000]] });
    const other = statement({ ...january, account_last4: '9999', rows: [['2025-01-06', 'COUNTER DEPOSIT', 50_000]] });
    expect(analyseStatements([one, other])).toMatchObject({ months: 1, avg_monthly_revenue_cents: 150_000 });
    expect(analyseStatements([one, one])).toMatchObject({ months: 1, avg_monthly_revenue_cents: 100_000 });
    expect(codes([one, one])).toContain('duplicate-months');
  });
});

describe('Balances', () => {
  test('count every calendar day, and a weekend carries the balance of the Friday before', () => {
    const { avg_daily_balance_cents, negative_days } = analyseStatements([
      statement({
        start: '2025-01-03',
        end: '2025-01-06',
        begin: 10_000,
        rows: [
          ['2025-01-03', 'CHECK 1', -15_000],
          ['2025-01-06', 'COUNTER DEPOSIT', 25_000],
        ],
      }),
    ]);
    expect(avg_daily_balance_cents).toBe((-5_000 * 3 + 20_000) / 4);
    expect(negative_days).toBe(3);
  });

  test('are those printed, where the statement prints them, even when a row is missing before', () => {
    const read = statement({
      start: '2025-01-03',
      end: '2025-01-04',
      begin: 10_000,
      rows: [['2025-01-03', 'CHECK 1', -5_000]],
    });
    for (const row of read.transactions) row.runningBalanceCents = 3_000;
    expect(analyseStatements([read]).avg_daily_balance_cents).toBe(3_000);
  });

  test('of a day that dips below zero and recovers is not negative', () => {
    const rows: [string, string, number][] = [
      ['2025-01-03', 'CHECK 1', -15_000],
      ['2025-01-03', 'COUNTER DEPOSIT', 25_000],
    ];
    expect(analyseStatements([statement({ ...january, begin: 10_000, rows })]).negative_days).toBe(0);
  });
});

describe('Returned items', () => {
  test('a returned item and its fee on one day are one event, a second fee is a second', () => {
    const rows: [string, string, number][] = [
      ['2025-01-03', 'RETURNED ITEM ACH POWER CO', 5_000],
      ['2025-01-03', 'NSF RETURNED ITEM FEE', -3_500],
      ['2025-01-09', 'OVERDRAFT FEE', -3_500],
      ['2025-01-09', 'OVERDRAFT FEE', -3_500],
    ];
    expect(analyseStatements([statement({ ...january, rows })]).nsf_count).toBe(3);
  });
});

describe('Positions', () => {
  const weekly = ['2025-01-08', '2025-01-15', '2025-01-22', '2025-01-29'];
  test('are recurring debits to a known funder, with their rhythm and monthly cost', () => {
    const rows = weekly.map((date): [string, string, number] => [date, 'LIBERTAS FUNDING ACH 88', -50_000]);
    expect(analyseStatements([statement({ ...january, rows })]).positions).toEqual([
      {
        funder: 'Libertas Funding',
        payment_cents: 50_000,
        frequency: 'weekly',
        monthly_cost_cents: 216_667,
        payment_count: 4,
      },
    ]);
  });

  test('a single payment, or a shop with a similar name, is none', () => {
    const rows: [string, string, number][] = [
      ['2025-01-08', 'FUNDBOX PMT', -5_000],
      ['2025-01-09', 'PEARL STREET CAFE', -900],
      ['2025-01-10', 'PEARL STREET CAFE', -900],
    ];
    expect(analyseStatements([statement({ ...january, rows })]).positions).toEqual([]);
  });

  test('two advances of one funder are two positions; a share of sales, different every time, is one', () => {
    const days = ['2025-01-06', '2025-01-07', '2025-01-08', '2025-01-09'];
    const two = days.flatMap((date): [string, string, number][] => [
      [date, 'ONDECK CAPITAL A', -10_000],
      [date, 'ONDECK CAPITAL B', -4_000],
    ]);
    const shares = days.map((date, at): [string, string, number] => [date, 'SQ CAPITAL 77', -1_000 - at * 10]);
    const { positions } = analyseStatements([statement({ ...january, rows: [...two, ...shares] })]);
    expect(positions.map(({ funder, payment_cents, frequency }) => [funder, payment_cents, frequency])).toEqual([
      ['OnDeck', 10_000, 'daily'],
      ['OnDeck', 4_000, 'daily'],
      ['Square Loans', 1_015, 'daily'],
    ]);
  });
});

describe('Statements side by side', () => {
  test('that follow each other raise no flag', () => {
    expect(codes([statement(march), statement(january), statement(february)])).toEqual([]);
  });

  test.each([
    ['months-not-consecutive', [statement(january), statement(march)]],
    ['different-accounts', [statement(january), statement({ ...february, account_last4: '9999' })]],
    ['opening-not-previous-closing', [statement(january), statement({ ...february, begin: 99_000 })]],
    ['holder-differs', [statement(january), statement({ ...february, holder: 'Somebody Else Inc' })]],
    ['not-reconciled', [statement({ ...january, reconciled: false })]],
  ])('raise %s when it is so', (code, reads) => {
    expect(codes(reads)).toEqual([code]);
  });

  test('a holder written in capitals and with commas is the same holder', () => {
    expect(codes([statement(january), statement({ ...february, holder: 'PRAIRIE BAKERY, LLC' })])).toEqual([]);
  });

  test('one that could not be read leaves the counts open, and the means to the others', () => {
    const read = statement({ ...january, rows: [['2025-01-02', 'COUNTER DEPOSIT', 500_000]] });
    expect(analyseStatements([read, scannedStatement()])).toMatchObject({
      status: 'done',
      months: 1,
      avg_monthly_revenue_cents: 500_000,
      nsf_count: null,
      negative_days: null,
      deposit_count: null,
      flags: [{ code: 'no-text-layer' }],
    });
  });

  test('of which none could be read say nothing', () => {
    expect(analyseStatements([scannedStatement()])).toMatchObject({
      months: 0,
      avg_monthly_revenue_cents: null,
      avg_monthly_deposits_cents: null,
      avg_daily_balance_cents: null,
      nsf_count: null,
      positions: [],
    });
  });
});
