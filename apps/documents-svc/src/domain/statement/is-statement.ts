import type { Statement } from './model.ts';
import type { Evidence } from './read-statement.ts';

/** Words of papers that are not bank statements. */
const OTHER_PAPER: [string, RegExp][] = [
  [
    'an invoice',
    /\binvoice\s*(?:#|no\b|number|date)|\bbill(?:ed)? to\b|\bamount due\b|\btotal due\b|\bremit to\b|\bdue date\b|\bpurchase order\b/gi,
  ],
  [
    'a credit card statement',
    /\bminimum payment(?: due)?\b|\bcredit limit\b|\bpayment due date\b|\bcash advance (?:limit|apr)\b/gi,
  ],
  [
    'a bill',
    /\bnew charges\b|\bpast due\b|\bpayments? received\b|\bservice address\b|\bplease pay\b|\bmeter\b|\bkwh\b|\bpayment coupon\b|\bamount due\b|\bdue date\b/gi,
  ],
  ['a pay stub', /\bgross pay\b|\bnet pay\b.*\bytd\b|\bpay period\b/gi],
  ['a tax form', /\bform (?:1040|1120|1065|w-?2|w-?9|1099)\b|\binternal revenue service\b.*\bform\b/gi],
];
/** Points from which a paper counts as a statement; a clean one has 9. */
const ENOUGH = 5;

/** Decides whether what was read is a bank statement; `detail` says what it looks like when it is not. */
export function isStatement(read: {
  statement: Statement;
  transactions: unknown[];
  evidence: Evidence;
}): { accepted: true } | { accepted: false; detail: string } {
  const { statement, evidence } = read;
  const has = (value: unknown): number => (value === null ? 0 : 1);
  const points =
    2 * has(statement.beginning_balance_cents) +
    2 * has(statement.ending_balance_cents) +
    (evidence.hasTable ? 2 : 0) +
    has(statement.period_end) +
    has(statement.account_last4) +
    has(statement.bank);
  const rows = evidence.text.split('\n');
  const others = OTHER_PAPER.map(([name, pattern]) => ({
    name,
    count: new Set(rows.flatMap((row) => row.match(pattern) ?? []).map((word) => word.toLowerCase())).size,
  })).sort((a, b) => b.count - a.count);
  const other = others[0];
  const penalty = 2 * (other?.count ?? 0);
  const moves = evidence.hasTable || evidence.hasBalances;
  if (moves && points - penalty >= ENOUGH) return { accepted: true };
  const like = other !== undefined && other.count > 0 ? `; it looks like ${other.name}` : '';
  return { accepted: false, detail: `The file has no balances and rows of a bank account${like}` };
}
