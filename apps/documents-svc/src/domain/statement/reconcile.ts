import { fewFlags } from './few-flags.ts';
import type { Flag, Row } from './model.ts';
import { dollars } from './money.ts';

/** One check of the statement against itself: `share` is how much of it passed (a check of many rows may pass in part). */
export type Check = { share: number; flags: Flag[] };

export type Figures = {
  beginCents: number | null;
  endCents: number | null;
  depositsCents: number | null;
  withdrawalsCents: number | null;
};

/**
 * Holds a statement against itself: beginning + deposits - withdrawals = ending by its own totals; beginning + rows = ending;
 * its totals against its rows; every running balance. `rows` are oldest first. A check that cannot be made is not in the list.
 */
export function reconcile(figures: Figures, rows: Row[]): Check[] {
  const { beginCents, endCents, depositsCents, withdrawalsCents } = figures;
  const sums = totalsOf(rows);
  const checks: Check[] = [];
  if (beginCents !== null && endCents !== null) {
    const byRows = beginCents + sums.depositsCents - sums.withdrawalsCents;
    checks.push(
      equal(
        'balance-mismatch',
        'ending_balance_cents',
        'The rows lead to',
        byRows,
        'the statement ends with',
        endCents,
      ),
    );
    if (depositsCents !== null && withdrawalsCents !== null) {
      const byTotals = beginCents + depositsCents - withdrawalsCents;
      checks.push(
        equal(
          'summary-mismatch',
          'ending_balance_cents',
          'The summary leads to',
          byTotals,
          'the statement ends with',
          endCents,
        ),
      );
    }
  }
  if (depositsCents !== null) {
    checks.push(
      equal(
        'deposits-mismatch',
        'deposits_cents',
        'The rows add up to',
        sums.depositsCents,
        'the summary says',
        depositsCents,
      ),
    );
  }
  if (withdrawalsCents !== null) {
    checks.push(
      equal(
        'withdrawals-mismatch',
        'withdrawals_cents',
        'The rows add up to',
        sums.withdrawalsCents,
        'the summary says',
        withdrawalsCents,
      ),
    );
  }
  const running = runningBalances(beginCents, rows);
  if (running !== null) checks.push(running);
  return checks;
}

/** What came in and what went out, both positive. */
export function totalsOf(rows: Row[]): { depositsCents: number; withdrawalsCents: number } {
  let depositsCents = 0;
  let withdrawalsCents = 0;
  for (const { amountCents } of rows) {
    if (amountCents > 0) depositsCents += amountCents;
    else withdrawalsCents -= amountCents;
  }
  return { depositsCents, withdrawalsCents };
}

function equal(code: string, field: string, foundText: string, found: number, saidText: string, said: number): Check {
  if (found === said) return { share: 1, flags: [] };
  const detail = `${foundText} ${dollars(found)}, ${saidText} ${dollars(said)}: a difference of ${dollars(Math.abs(found - said))}`;
  return { share: 0, flags: [{ code, field, detail }] };
}

function runningBalances(beginCents: number | null, rows: Row[]): Check | null {
  let balance = beginCents;
  let [checked, passed] = [0, 0];
  const flags: Flag[] = [];
  for (const { date, description, amountCents, runningBalanceCents: printed } of rows) {
    const expected = balance === null ? null : balance + amountCents;
    balance = printed ?? expected;
    if (printed === null || expected === null) continue;
    checked += 1;
    if (printed === expected) passed += 1;
    else {
      const difference = dollars(Math.abs(printed - expected));
      const detail = `After "${description}" (${date ?? 'no year'}) the balance should be ${dollars(expected)} and is printed ${dollars(printed)}: a difference of ${difference}`;
      flags.push({ code: 'running-balance-mismatch', field: 'transactions', detail });
    }
  }
  if (checked === 0) return null;
  return { share: passed / checked, flags: fewFlags(flags, 'more rows do not follow from the balance before') };
}
