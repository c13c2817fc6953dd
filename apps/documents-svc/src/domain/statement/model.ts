import type { Flag, Statement } from '@uw-wizard/shared/contracts/statement';

/** One run of text as it lies on a page: points (1/72 inch), origin at the top left, `y` is the baseline's distance from the top. */
export type TextItem = { page: number; x: number; y: number; width: number; height?: number; text: string };

/** Everything a document says, with where it says it. `pages` holds the sizes in points, in order. */
export type DocumentText = { pages: { width: number; height: number }[]; items: TextItem[] };

/**
 * What a transaction is for the merchant's income.
 * Credits: only `revenue` is true revenue. Debits: `expense` is everything that has no name of its own.
 */
export type Category =
  | 'revenue'
  | 'transfer'
  | 'funding'
  | 'refund'
  | 'returned'
  | 'interest'
  | 'owner'
  | 'nsf'
  | 'funder_payment'
  | 'fee'
  | 'expense';

/** One row as printed. `amountCents` is negative for money that left the account; `date` is null when its year is nowhere on the statement. */
export type Row = {
  date: string | null;
  description: string;
  amountCents: number;
  runningBalanceCents: number | null;
};

export type Transaction = Row & { category: Category };

/** A statement as read, with its rows. */
export type ReadStatement = { statement: Statement; transactions: Transaction[] };

export type { Flag, Statement };
