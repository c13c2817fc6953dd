import type { ReadStatement } from './model.ts';

/** What is known of a statement that is only a picture: nothing yet, and one flag that says why. */
export function scannedStatement(): ReadStatement {
  return {
    statement: {
      bank: null,
      account_last4: null,
      holder: null,
      period_start: null,
      period_end: null,
      beginning_balance_cents: null,
      ending_balance_cents: null,
      deposits_cents: null,
      withdrawals_cents: null,
      transaction_count: null,
      reconciled: false,
      confidence: 0,
      flags: [
        { code: 'no-text-layer', detail: 'The pages are pictures without text; nothing could be read from them' },
      ],
    },
    transactions: [],
  };
}
