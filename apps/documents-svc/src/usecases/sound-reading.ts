import { statementSchema } from '@uw-wizard/shared/contracts/statement';
import type { ReadResult } from '../reading/read-result.ts';

/** A trillion dollars moved in one month: no business account, and sums over it would no longer be exact to the cent. */
const MAX_MOVED_CENTS = 1e14;
/** Longer than anything a bank prints; texts go into events, and the bus takes no event of any size. */
const MAX_TEXT = 1000;

/**
 * The reading as it may be kept: texts of a bounded length, without the zero characters and broken surrogates that a PDF
 * may hold and a database may not, figures that add up exactly. A file with other figures was made to confuse and counts
 * as malformed.
 */
export function soundReading(result: ReadResult): ReadResult {
  if (result.kind !== 'statement') return result;
  const { statement, transactions } = cleanTexts({ statement: result.statement, transactions: result.transactions });
  const figures = [
    statement.beginning_balance_cents,
    statement.ending_balance_cents,
    statement.deposits_cents,
    statement.withdrawals_cents,
    ...transactions.map(({ amountCents }) => amountCents),
  ];
  const moved = figures.reduce<number>((sum, cents) => sum + Math.abs(cents ?? 0), 0);
  if (moved > MAX_MOVED_CENTS || !statementSchema.safeParse(statement).success) {
    return { kind: 'malformed', detail: 'The file has figures that no account can have.' };
  }
  return { ...result, statement, transactions };
}

function cleanTexts<T>(value: T): T {
  const clean = (_: string, member: unknown) =>
    typeof member === 'string' ? member.replaceAll('\0', '').slice(0, MAX_TEXT).toWellFormed() : member;
  // Readings are plain JSON (they crossed a thread), so they come back with the shape they had.
  return JSON.parse(JSON.stringify(value, clean)) as T;
}
