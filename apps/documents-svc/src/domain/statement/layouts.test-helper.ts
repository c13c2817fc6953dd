import { textGrid } from '@uw-wizard/testkit/statements/text-grid';
import { readStatement } from './read-statement.ts';

/** What a test says of a reading: the figures, and the rows as `date amount balance description`. */
export function readGrid(...pages: string[]) {
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
