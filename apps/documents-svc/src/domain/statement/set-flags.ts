import type { Flag } from './model.ts';
import { dollars } from './money.ts';
import type { MonthStatement } from './statement-months.ts';
import { monthsBetween } from './statement-months.ts';

/** What is odd about statements side by side. None of it stops the reading; the underwriter decides. */
export function setFlags(statements: MonthStatement[]): Flag[] {
  const sorted = [...statements].sort((a, b) => a.start.localeCompare(b.start));
  return [...accountFlags(sorted), ...monthFlags(sorted), ...chainFlags(sorted)];
}

function accountFlags(sorted: MonthStatement[]): Flag[] {
  const accounts = distinct(sorted.map(({ statement }) => statement.account_last4));
  const holders = distinct(
    sorted.map(
      ({ statement }) =>
        statement.holder
          ?.toUpperCase()
          .replace(/[^A-Z0-9]+/g, ' ')
          .trim() ?? null,
    ),
  );
  const flags: Flag[] = [];
  if (accounts.length > 1) {
    flags.push({
      code: 'different-accounts',
      field: 'account_last4',
      // Which they are stands beside each statement; what goes into events names no account.
      detail: `The statements are of ${accounts.length} accounts`,
    });
  }
  if (holders.length > 1)
    flags.push({ code: 'holder-differs', field: 'holder', detail: `The holders are ${holders.join('; ')}` });
  return flags;
}

function monthFlags(sorted: MonthStatement[]): Flag[] {
  const flags: Flag[] = [];
  const twice = [...Map.groupBy(sorted, sameMonth)].filter(([, { length }]) => length > 1);
  if (twice.length > 0) {
    const detail = `More than one statement of one account for ${distinct(twice.map(([, [first]]) => first?.month ?? null)).join(', ')}; the first counts`;
    flags.push({ code: 'duplicate-months', field: 'months', detail });
  }
  const months = distinct(sorted.map(({ month }) => month));
  if (months.some((month, at) => at > 0 && monthsBetween(months[at - 1] ?? month, month) !== 1)) {
    flags.push({ code: 'months-not-consecutive', field: 'months', detail: `The months are ${months.join(', ')}` });
  }
  return flags;
}

/** Statements of one account that follow each other must open with the balance the one before closed with. */
function chainFlags(sorted: MonthStatement[]): Flag[] {
  return [...Map.groupBy(sorted, ({ statement }) => statement.account_last4).values()].flatMap((chain) =>
    chain.slice(1).flatMap((next, at) => {
      const before = chain[at];
      const [closing, opening] = [
        before?.statement.ending_balance_cents ?? null,
        next.statement.beginning_balance_cents,
      ];
      if (before === undefined || closing === null || opening === null || closing === opening) return [];
      if (monthsBetween(before.month, next.month) !== 1) return [];
      const detail = `${next.month} opens with ${dollars(opening)}, ${before.month} closed with ${dollars(closing)}`;
      return [{ code: 'opening-not-previous-closing', field: 'beginning_balance_cents', detail }];
    }),
  );
}

/** Statements with one key are two statements of one month of one account. */
export function sameMonth({ month, statement }: MonthStatement): string {
  return `${statement.account_last4 ?? ''} ${month}`;
}

function distinct(values: (string | null)[]): string[] {
  return [...new Set(values.flatMap((value) => value ?? []))];
}
