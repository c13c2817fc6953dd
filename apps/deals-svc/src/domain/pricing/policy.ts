import { z } from 'zod';
import { timesRate } from '../money.ts';
import { foldText } from '../names.ts';

const bps = z.int().nonnegative();
const cents = z.int().nonnegative();

/** What a business must show to be of a grade. Counts of NSFs and negative days are per 90 days of statements. */
const criteriaSchema = z.strictObject({
  minMonthlyRevenueCents: cents,
  minMonthsInBusiness: z.int().nonnegative(),
  maxNsfPer90Days: z.int().nonnegative(),
  maxNegativeDaysPer90Days: z.int().nonnegative(),
  maxPositions: z.int().nonnegative(),
});
export type Criteria = z.infer<typeof criteriaSchema>;

/** One of a grade's three offers. `shareBps` is its part of the largest amount that may be advanced. */
const offerPlanSchema = z.strictObject({
  label: z.string().min(1),
  recommended: z.boolean(),
  shareBps: bps.min(1).max(10_000),
  factorRateBps: bps.min(10_000).max(20_000),
  paymentFrequency: z.enum(['daily', 'weekly']),
  termMonths: z.int().min(1).max(24),
});
export type OfferPlan = z.infer<typeof offerPlanSchema>;

const gradeSchema = z.strictObject({
  grade: z.enum(['A', 'B', 'C', 'D']),
  criteria: criteriaSchema,
  /** The largest advance as a part of one month's true revenue. */
  maxAmountOfMonthlyRevenueBps: bps,
  maxAmountCents: cents,
  /** The largest part of monthly true revenue that this offer and every other position may take together. */
  holdbackCapBps: bps.max(10_000),
  /** Of the funded amount; 100 basis points are one commission point. */
  commissionBps: bps.max(10_000),
  plans: z
    .array(offerPlanSchema)
    .length(3)
    .refine((plans) => plans.filter(({ recommended }) => recommended).length === 1, 'exactly one plan is recommended'),
});
export type GradePolicy = z.infer<typeof gradeSchema>;

/** Everything pricing decides by. Grades stand best first; what the last one asks for is the least a deal must show. */
const policyShape = z.strictObject({
  version: z.string().min(1).max(50),
  minStatementMonths: z.int().positive(),
  minAmountCents: cents.min(1),
  /** Amounts are rounded down to a multiple of this. */
  amountStepCents: cents.min(1),
  offerValidDays: z.int().positive(),
  /** Figures from statements that do not add up are not proven: no grade better than this one. */
  bestGradeWhenUnreconciled: z.enum(['A', 'B', 'C', 'D']),
  restrictedStates: z.array(z.string().length(2)),
  restrictedIndustries: z.array(
    z.strictObject({
      name: z.string(),
      naicsPrefixes: z.array(z.string().regex(/^\d{2,6}$/)).readonly(),
      keywords: z
        .array(
          z
            .string()
            .min(1)
            .refine((word) => foldText(word) === word, 'is not folded'),
        )
        .readonly(),
    }),
  ),
  grades: z.array(gradeSchema).min(1),
});

/** The shape, and what must hold between its parts for pricing to be right. */
export const pricingPolicySchema = policyShape
  .refine(({ grades }) => grades.every((grade, at) => isNoStricter(grades[at + 1] ?? grade, grade)), {
    error: 'each grade must ask for no more than the one before it',
  })
  .refine((policy) => policy.grades.every((grade) => smallestFullAmountCents(grade) >= policy.minAmountCents), {
    error: "a grade's least revenue must carry the smallest amount",
  })
  .refine(({ grades, bestGradeWhenUnreconciled: best }) => grades.some(({ grade }) => grade === best), {
    error: 'the best grade of unreconciled statements must be one of the grades',
  });
export type PricingPolicy = z.infer<typeof policyShape>;

function isNoStricter({ criteria: later }: GradePolicy, { criteria: earlier }: GradePolicy): boolean {
  return (
    later.minMonthlyRevenueCents <= earlier.minMonthlyRevenueCents &&
    later.minMonthsInBusiness <= earlier.minMonthsInBusiness &&
    later.maxNsfPer90Days >= earlier.maxNsfPer90Days &&
    later.maxNegativeDaysPer90Days >= earlier.maxNegativeDaysPer90Days &&
    later.maxPositions >= earlier.maxPositions
  );
}

function smallestFullAmountCents(grade: GradePolicy): number {
  const byRevenueCents = timesRate(grade.criteria.minMonthlyRevenueCents, grade.maxAmountOfMonthlyRevenueBps);
  return Math.min(byRevenueCents, grade.maxAmountCents);
}
