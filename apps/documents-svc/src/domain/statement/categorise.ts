import { CREDIT_RULES, DEBIT_RULES, SALES } from './categories.ts';
import { funderOf } from './funders.ts';
import type { Category, Row } from './model.ts';

/**
 * What a row is for the merchant's income, by its description. Money from a funder is funding, money to one its repayment;
 * returned items and refunds come before sales, so that a processor's refund is no revenue.
 */
export function categorise({ description, amountCents }: Pick<Row, 'description' | 'amountCents'>): Category {
  const rules = amountCents > 0 ? CREDIT_RULES : DEBIT_RULES;
  const isSale = amountCents > 0 && SALES.test(description);
  const found =
    rules.find(({ pattern, unlessSale }) => pattern.test(description) && !(unlessSale === true && isSale))?.category ??
    null;
  if (amountCents > 0) {
    if (found === 'returned' || found === 'refund') return found;
    if (funderOf(description) !== null) return 'funding';
    return found ?? 'revenue';
  }
  if (found === 'nsf' || found === 'returned') return found;
  if (funderOf(description) !== null) return 'funder_payment';
  return found ?? 'expense';
}
