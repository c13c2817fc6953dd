import { z } from 'zod';

const cents = z.int().nonnegative();

/** An offer as the desk and the merchant see it. `payment × (count − 1) + last payment = payback`, to the cent. */
export const offerSchema = z.object({
  offer_id: z.uuid(),
  label: z.string(),
  recommended: z.boolean(),
  funded_amount_cents: cents,
  factor_rate: z.number(),
  payback_amount_cents: cents,
  finance_charge_cents: cents,
  payment_frequency: z.enum(['daily', 'weekly']),
  payment_amount_cents: cents,
  last_payment_amount_cents: cents,
  payment_count: z.int().positive(),
  term_days: z.int().positive(),
  holdback_pct: z.number(),
  est_apr_pct: z.number(),
  commission_cents: cents,
  paper_grade: z.enum(['A', 'B', 'C', 'D']),
  expires_at: z.iso.datetime(),
  policy_version: z.string(),
});
export type Offer = z.infer<typeof offerSchema>;
