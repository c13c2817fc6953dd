import { z } from 'zod';

/** Integer cents; negative for an overdrawn balance. */
const cents = z.int();
const isoDate = z.iso.date();

/** What a reader could not read, or does not trust. `field` names the figure that is `null` or doubtful. */
export const flagSchema = z.object({ code: z.string(), field: z.string().optional(), detail: z.string() });
export type Flag = z.infer<typeof flagSchema>;

/** One month's bank statement as read; what could not be read is `null` with a flag that names the field, never a guess. */
export const statementSchema = z.object({
  bank: z.string().nullable(),
  account_last4: z
    .string()
    .regex(/^[0-9]{4}$/)
    .nullable(),
  holder: z.string().nullable(),
  period_start: isoDate.nullable(),
  period_end: isoDate.nullable(),
  beginning_balance_cents: cents.nullable(),
  ending_balance_cents: cents.nullable(),
  deposits_cents: cents.nullable(),
  withdrawals_cents: cents.nullable(),
  transaction_count: z.int().nullable(),
  /** True when the balances and every row add up; false when they do not, or cannot be checked (a flag says which). */
  reconciled: z.boolean(),
  /** 0 to 1: the share of the reader's checks that passed. */
  confidence: z.number().min(0).max(1),
  flags: z.array(flagSchema),
});
export type Statement = z.infer<typeof statementSchema>;

/** An advance that is being repaid from the account, inferred from recurring debits to a known funder. */
export const positionSchema = z.object({
  funder: z.string(),
  payment_cents: cents,
  frequency: z.enum(['daily', 'weekly', 'monthly', 'irregular']),
  monthly_cost_cents: cents,
  payment_count: z.int(),
});
export type Position = z.infer<typeof positionSchema>;

/** What three months of statements say together. `pending` while they are being read: every figure is then `null`. */
export const analysisSchema = z.object({
  status: z.enum(['pending', 'done']),
  months: z.int(),
  avg_monthly_revenue_cents: cents.nullable(),
  avg_monthly_deposits_cents: cents.nullable(),
  avg_daily_balance_cents: cents.nullable(),
  nsf_count: z.int().nullable(),
  negative_days: z.int().nullable(),
  deposit_count: z.int().nullable(),
  positions: z.array(positionSchema),
  flags: z.array(flagSchema),
});
export type Analysis = z.infer<typeof analysisSchema>;
