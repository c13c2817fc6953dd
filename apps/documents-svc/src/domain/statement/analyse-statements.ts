import type { Analysis } from '@uw-wizard/shared/contracts/statement';
import { endOfDayBalances } from './daily-balances.ts';
import type { Flag, ReadStatement, Transaction } from './model.ts';
import { positionsOf } from './positions.ts';
import { sameMonth, setFlags } from './set-flags.ts';
import type { MonthStatement } from './statement-months.ts';
import { placed } from './statement-months.ts';

/**
 * What several statements say together. Monthly means divide by the months covered: whole months count as such, a shorter or longer
 * period as its share of an average month, so that a statement of ten days does not look like a poor month.
 * - revenue: credits that are neither transfers, loan or advance proceeds, refunds, returned items, interest nor the owner's money
 * - average daily balance: end-of-day balances of all calendar days divided by the days
 * - NSF count: per day, fees for items that found no money or the items returned, whichever are more (a fee and its item are one)
 * A statement that could not be read whole is left out of the means, with a flag; counts of events are then null, as they could be more.
 * Accounts side by side add up within a month.
 */
export function analyseStatements(reads: ReadStatement[]): Analysis {
  const all = reads.map((read) => ({ read, month: placed(read) }));
  const known = all.flatMap(({ month }) => month ?? []);
  const statements = [...Map.groupBy(known, sameMonth).values()].flatMap(([first]) => first ?? []);
  const whole = known.length === reads.length && reads.length > 0;
  const flags = [...all.flatMap(({ read, month }) => statementFlags(read, month !== null)), ...setFlags(known)];
  const coverage = [...Map.groupBy(statements, ({ month }) => month).values()]
    .map((side) => Math.max(...side.map((statement) => statement.coverage)))
    .reduce((sum, months) => sum + months, 0);
  const rows = statements.flatMap(({ transactions }) => transactions);
  const credits = rows.filter(({ amountCents }) => amountCents > 0);
  const revenue = credits.filter(({ category }) => category === 'revenue');
  const balances = balancesOf(statements);
  const monthly = (cents: number): number | null => (statements.length === 0 ? null : Math.round(cents / coverage));
  if (balances === null && statements.length > 0) {
    flags.push({ code: 'not-found', field: 'avg_daily_balance_cents', detail: 'A beginning balance is missing' });
  }
  return {
    status: 'done',
    months: new Set(statements.map(({ month }) => month)).size,
    avg_monthly_revenue_cents: monthly(sum(revenue)),
    avg_monthly_deposits_cents: monthly(sum(credits)),
    avg_daily_balance_cents: balances === null ? null : mean(balances),
    nsf_count: whole ? nsfCount(rows) : null,
    negative_days: whole && balances !== null ? balances.filter((cents) => cents < 0).length : null,
    deposit_count: whole ? credits.length : null,
    positions: positionsOf(rows, coverage),
    flags,
  };
}

function statementFlags({ statement }: ReadStatement, isPlaced: boolean): Flag[] {
  const name = statement.period_end ?? 'without a period';
  const scan = statement.flags.find(({ code }) => code === 'no-text-layer');
  if (scan !== undefined) return [scan];
  if (!isPlaced) {
    return [
      {
        code: 'statement-incomplete',
        detail: `The statement ${name} could not be read whole and is left out of the figures`,
      },
    ];
  }
  if (statement.reconciled) return [];
  return [
    {
      code: 'not-reconciled',
      field: 'reconciled',
      detail: `The statement to ${name} does not add up, or could not be checked`,
    },
  ];
}

/** The end-of-day balance of every day covered, accounts of one day together; null when a statement has no beginning balance. */
function balancesOf(statements: MonthStatement[]): number[] | null {
  const days = new Map<string, number>();
  for (const { statement, transactions, start, end } of statements) {
    if (statement.beginning_balance_cents === null) return null;
    for (const [day, cents] of endOfDayBalances(transactions, statement.beginning_balance_cents, start, end)) {
      days.set(day, (days.get(day) ?? 0) + cents);
    }
  }
  return days.size === 0 ? null : [...days.values()];
}

function nsfCount(rows: Transaction[]): number {
  const fees = rows.filter(({ category, amountCents }) => category === 'nsf' && amountCents < 0);
  const returned = rows.filter(
    ({ category, description, amountCents }) =>
      category === 'returned' &&
      amountCents > 0 &&
      /\b(?:return(?:ed)?|rtn|nsf|insufficient)\b/i.test(description) &&
      !/\bfee\b/i.test(description),
  );
  const [feesByDay, returnedByDay] = [fees, returned].map((list) => Map.groupBy(list, ({ date }) => date));
  return [...new Set([...fees, ...returned].map(({ date }) => date))]
    .map((day) => Math.max(feesByDay?.get(day)?.length ?? 0, returnedByDay?.get(day)?.length ?? 0))
    .reduce((count, more) => count + more, 0);
}

function sum(rows: Transaction[]): number {
  return rows.reduce((total, { amountCents }) => total + amountCents, 0);
}

function mean(numbers: number[]): number {
  return Math.round(numbers.reduce((total, number) => total + number, 0) / numbers.length);
}
