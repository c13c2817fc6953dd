import { RESTRICTED_INDUSTRIES } from '../restricted-industries.ts';
import type { PricingPolicy } from './policy.ts';

/**
 * The first pricing policy. Bands of grades, factors, terms and decline limits follow what funders publish about paper
 * grades (A 1.15 to 1.28, B to 1.40, C to 1.49, D above 1.45; six months in business, $10,000 a month and at most two
 * positions at the least). Published figures disagree: these are a starting point to be tuned, not a market quote.
 */
export const POLICY_2026_11: PricingPolicy = {
  version: '2026-11',
  minStatementMonths: 3,
  minAmountCents: 5_000_00,
  amountStepCents: 100_00,
  offerValidDays: 14,
  bestGradeWhenUnreconciled: 'C',
  restrictedStates: [],
  restrictedIndustries: [...RESTRICTED_INDUSTRIES],
  grades: [
    {
      grade: 'A',
      criteria: {
        minMonthlyRevenueCents: 50_000_00,
        minMonthsInBusiness: 18,
        maxNsfPer90Days: 2,
        maxNegativeDaysPer90Days: 3,
        maxPositions: 0,
      },
      maxAmountOfMonthlyRevenueBps: 12_000,
      maxAmountCents: 500_000_00,
      holdbackCapBps: 1_500,
      commissionBps: 800,
      plans: [
        plan('Lower cost', 6_000, 11_600, 'weekly', 9),
        recommended(plan('Balanced', 8_000, 12_100, 'weekly', 12)),
        plan('Maximum', 10_000, 12_700, 'weekly', 15),
      ],
    },
    {
      grade: 'B',
      criteria: {
        minMonthlyRevenueCents: 25_000_00,
        minMonthsInBusiness: 12,
        maxNsfPer90Days: 5,
        maxNegativeDaysPer90Days: 7,
        maxPositions: 1,
      },
      maxAmountOfMonthlyRevenueBps: 10_000,
      maxAmountCents: 250_000_00,
      holdbackCapBps: 1_500,
      commissionBps: 800,
      plans: [
        plan('Lower cost', 6_000, 12_800, 'weekly', 8),
        recommended(plan('Balanced', 8_000, 13_200, 'daily', 9)),
        plan('Maximum', 10_000, 13_700, 'daily', 12),
      ],
    },
    {
      grade: 'C',
      criteria: {
        minMonthlyRevenueCents: 15_000_00,
        minMonthsInBusiness: 6,
        maxNsfPer90Days: 10,
        maxNegativeDaysPer90Days: 12,
        maxPositions: 2,
      },
      maxAmountOfMonthlyRevenueBps: 8_000,
      maxAmountCents: 100_000_00,
      holdbackCapBps: 1_800,
      commissionBps: 700,
      plans: [
        plan('Lower cost', 6_000, 14_000, 'daily', 5),
        recommended(plan('Balanced', 8_000, 14_300, 'daily', 6)),
        plan('Maximum', 10_000, 14_700, 'daily', 8),
      ],
    },
    {
      grade: 'D',
      criteria: {
        minMonthlyRevenueCents: 10_000_00,
        minMonthsInBusiness: 6,
        maxNsfPer90Days: 12,
        maxNegativeDaysPer90Days: 15,
        maxPositions: 2,
      },
      maxAmountOfMonthlyRevenueBps: 6_000,
      maxAmountCents: 50_000_00,
      holdbackCapBps: 2_000,
      commissionBps: 600,
      plans: [
        plan('Lower cost', 6_000, 14_600, 'daily', 4),
        recommended(plan('Balanced', 8_000, 14_800, 'daily', 5)),
        plan('Maximum', 10_000, 14_900, 'daily', 6),
      ],
    },
  ],
};

type Plan = PricingPolicy['grades'][number]['plans'][number];

function plan(
  label: string,
  shareBps: number,
  factorRateBps: number,
  paymentFrequency: Plan['paymentFrequency'],
  termMonths: number,
): Plan {
  return { label, recommended: false, shareBps, factorRateBps, paymentFrequency, termMonths };
}

function recommended(of: Plan): Plan {
  return { ...of, recommended: true };
}
