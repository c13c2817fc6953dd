import { categorise } from './categorise.ts';
import { headingsOf } from './columns.ts';
import { writesDayFirst } from './dates.ts';
import { fewFlags } from './few-flags.ts';
import { linesOf } from './lines.ts';
import type { DocumentText, Flag, ReadStatement, Row } from './model.ts';
import { accountsOf, bankOf, holderOf } from './parties.ts';
import type { Period } from './period.ts';
import { datedWithin, periodOf } from './period.ts';
import type { Check } from './reconcile.ts';
import { reconcile, totalsOf } from './reconcile.ts';
import type { RawRow } from './rows.ts';
import { rowsOf } from './rows.ts';
import type { SignedRow } from './signs.ts';
import { signRows } from './signs.ts';
import { summaryOf } from './summary.ts';

/** What else was seen while reading, for the decision whether this is a statement at all. `text` is what stands outside its tables. */
export type Evidence = { text: string; hasTable: boolean; hasBalances: boolean };

/**
 * Reads a statement from its text with positions. Nothing is guessed or corrected: a figure that is not printed, or not
 * understood, is null with a flag; figures that contradict each other stay as printed, with a flag that tells the difference.
 * Deposits and withdrawals that the statement does not total are the sums of its rows when these explain both balances.
 */
export function readStatement(document: DocumentText): ReadStatement & { evidence: Evidence } {
  const lines = linesOf(document);
  const texts = lines.map(({ text }) => text);
  const dayFirst = writesDayFirst(texts);
  const headings = headingsOf(lines);
  const table = rowsOf(lines, headings, dayFirst);
  const outside = lines.filter((_, at) => !table.used.has(at));
  const summary = summaryOf(lines, table.used);
  const beginCents = summary.beginCents ?? table.markers.find(({ kind }) => kind === 'begin')?.cents ?? null;
  const endCents = summary.endCents ?? table.markers.findLast(({ kind }) => kind === 'end')?.cents ?? null;
  const period = periodOf(outside, dayFirst);
  const { rows, faults } = settle(signRows(mergeNotes(table.rows, beginCents), { beginCents, endCents }), period);
  const checks = reconcile({ ...summary, beginCents, endCents }, rows);
  const explained =
    beginCents !== null && endCents !== null && faults.length === 0 && checks.every(({ share }) => share === 1);
  const sums = totalsOf(rows);
  const accounts = accountsOf(outside);
  const statement = {
    bank: bankOf(outside),
    account_last4: accounts[0] ?? null,
    holder: holderOf(outside),
    period_start: period.start,
    period_end: period.end,
    beginning_balance_cents: beginCents,
    ending_balance_cents: endCents,
    deposits_cents: summary.depositsCents ?? (explained ? sums.depositsCents : null),
    withdrawals_cents: summary.withdrawalsCents ?? (explained ? sums.withdrawalsCents : null),
    transaction_count: faults.length === 0 && (rows.length > 0 || explained) ? rows.length : null,
  };
  const missing = missingFields(statement, period);
  const doubts = [...faults, ...doubtsOf(rows, period, accounts)];
  const all: Check[] = [...fieldChecks(missing), ...checks, { share: doubts.length === 0 ? 1 : 0, flags: doubts }];
  const unchecked: Flag[] =
    checks.length > 0 && beginCents !== null && endCents !== null
      ? []
      : [{ code: 'not-checked', field: 'reconciled', detail: 'Without both balances the rows cannot be checked' }];
  return {
    statement: {
      ...statement,
      reconciled: explained,
      confidence: Math.round((all.reduce((sum, { share }) => sum + share, 0) / all.length) * 1000) / 1000,
      flags: [...missing, ...all.flatMap(({ flags }) => flags), ...unchecked],
    },
    transactions: rows.map((row) => ({ ...row, category: categorise(row) })),
    evidence: {
      text: outside.map(({ text }) => text).join('\n'),
      hasTable: headings.length > 0 && rows.length > 0,
      hasBalances: beginCents !== null || endCents !== null,
    },
  };
}

/** A dated line that moves nothing (its balance is the one before) is the first line of the next row's description. */
function mergeNotes(rows: RawRow[], beginCents: number | null): RawRow[] {
  const merged: RawRow[] = [];
  let note: RawRow | null = null;
  let balance = beginCents;
  for (const row of rows) {
    const { credit, debit, amount, balance: printed } = row.cells;
    const cents = printed === undefined ? null : printed.sign < 0 ? -printed.cents : printed.cents;
    if ((credit ?? debit ?? amount) === undefined && cents !== null && cents === balance) {
      note = row;
      continue;
    }
    const same = note !== null && note.date.month === row.date.month && note.date.day === row.date.day;
    merged.push(same && note !== null ? { ...row, description: `${note.description} ${row.description}` } : row);
    note = null;
    balance = cents;
  }
  return merged;
}

/** Rows with direction and date, oldest first; a row without a readable amount or direction is a fault and no row. */
function settle(signed: SignedRow[], period: Period): { rows: Row[]; faults: Flag[] } {
  const faults: Flag[] = [];
  const rows: Row[] = [];
  for (const { row, amountCents, balanceCents } of signed) {
    const { description } = row;
    if (amountCents === null) {
      const detail =
        row.cells.amount === undefined ? 'has no readable amount' : 'does not tell whether money came or went';
      faults.push({
        code: 'row-unreadable',
        field: 'transactions',
        detail: `"${row.text}" (page ${row.page}) ${detail}`,
      });
    } else
      rows.push({ date: datedWithin(row.date, period), description, amountCents, runningBalanceCents: balanceCents });
  }
  const days = rows.flatMap(({ date }) => date ?? []);
  const steps = days.slice(1).map((day, at) => (day > (days[at] ?? day) ? 1 : day < (days[at] ?? day) ? -1 : 0));
  const falling = steps.filter((step) => step < 0).length > steps.filter((step) => step > 0).length;
  return { rows: falling ? rows.reverse() : rows, faults: fewFlags(faults, 'more rows cannot be read') };
}

function doubtsOf(rows: Row[], { start, end }: Period, accounts: string[]): Flag[] {
  const flags: Flag[] = [];
  const outside = rows.filter(
    ({ date }) => date !== null && ((start !== null && date < start) || (end !== null && date > end)),
  );
  if (outside.length > 0) {
    const detail = `${outside.length} rows lie outside the period, the first on ${outside[0]?.date}`;
    flags.push({ code: 'date-outside-period', field: 'transactions', detail });
  }
  if (rows.some(({ date }) => date === null)) {
    flags.push({
      code: 'year-missing',
      field: 'transactions',
      detail: 'No year is printed, so the rows have no dates',
    });
  }
  if (accounts.length > 1) {
    flags.push({
      code: 'several-accounts',
      field: 'account_last4',
      detail: `${accounts.length} accounts are named`,
    });
  }
  return flags;
}

const REQUIRED = [
  'account_last4',
  'period_start',
  'period_end',
  'beginning_balance_cents',
  'ending_balance_cents',
  'transaction_count',
];

function missingFields(fields: Record<string, string | number | null>, { yearMissing }: Period): Flag[] {
  return Object.entries(fields)
    .filter(([, value]) => value === null)
    .map(([field]) => ({
      code: yearMissing && field.startsWith('period') ? 'year-missing' : 'not-found',
      field,
      detail:
        yearMissing && field.startsWith('period')
          ? 'The period is printed without a year'
          : 'Not found on the statement',
    }));
}

/** A figure that every statement must have counts as a check; what many leave out (holder, totals) does not. */
function fieldChecks(missing: Flag[]): Check[] {
  return REQUIRED.map((field) => ({ share: missing.some((flag) => flag.field === field) ? 0 : 1, flags: [] }));
}
