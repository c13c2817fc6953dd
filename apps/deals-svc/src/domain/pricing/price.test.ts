import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { StatementFigures } from '../deal.ts';
import type { OfferTerms } from '../offer.ts';
import { pricingPolicySchema } from './policy.ts';
import { POLICY_2026_11 as policy } from './policy-2026-11.ts';
import { type PricingGiven, price } from './price.ts';
import type { Blocked } from './rules.ts';
import { monthlyCostCents } from './schedule.ts';

const TODAY = '2026-11-21';

function figuresOf(changes: Partial<StatementFigures> = {}): StatementFigures {
  return {
    statementSetId: '01920000-0000-7000-8000-000000000001',
    statementMonths: 3,
    statementsReconciled: true,
    avgMonthlyRevenueCents: 60_000_00,
    avgMonthlyDepositsCents: 65_000_00,
    avgDailyBalanceCents: 12_000_00,
    nsfCount: 0,
    negativeDays: 0,
    depositCount: 90,
    positionsCount: 0,
    positions: [],
    ...changes,
  };
}

function givenOf(
  changes: Partial<Omit<PricingGiven, 'merchant'>> & { merchant?: Partial<PricingGiven['merchant']> } = {},
): PricingGiven {
  return {
    requestedAmountCents: null,
    openBankruptcy: null,
    today: TODAY,
    ...changes,
    merchant: {
      legalName: 'Acme Diner LLC',
      dba: null,
      industryNaics: '722511',
      state: 'TX',
      businessStartDate: '2019-04-01',
      ...changes.merchant,
    },
  };
}

function offersFor(figures: StatementFigures, given = givenOf()): readonly OfferTerms[] {
  const priced = price(policy, figures, given);
  if (priced.blocked) throw new Error(`blocked: ${priced.reasons.map(({ code }) => code).join(', ')}`);
  return priced.offers;
}

function blockOf(figures: StatementFigures, given = givenOf()): Blocked {
  const priced = price(policy, figures, given);
  if (!priced.blocked) throw new Error('not blocked');
  return priced;
}

function position(monthlyCostCents: number): StatementFigures['positions'][number] {
  return {
    funder: 'A FUNDER',
    payment_cents: Math.ceil(monthlyCostCents / 21),
    frequency: 'daily',
    monthly_cost_cents: monthlyCostCents,
    payment_count: 63,
  };
}

describe('pricing a deal', () => {
  test('the policy in force satisfies its own schema', () => {
    expect(pricingPolicySchema.parse(policy)).toEqual(policy);
  });

  test('a policy whose lower grade asks for more than a higher one is refused', () => {
    expect(pricingPolicySchema.safeParse({ ...policy, grades: policy.grades.toReversed() }).success).toBe(false);
  });

  test('a policy whose grade could not carry the smallest amount, or that names a grade it lacks, is refused', () => {
    expect(pricingPolicySchema.safeParse({ ...policy, minAmountCents: 6_000_01 }).success).toBe(false);
    const grades = policy.grades.filter(({ grade }) => grade !== 'C');
    expect(pricingPolicySchema.safeParse({ ...policy, grades }).success).toBe(false);
    expect(pricingPolicySchema.safeParse({ ...policy, grades, bestGradeWhenUnreconciled: 'D' }).success).toBe(true);
  });

  test('a policy that names a restricted industry by a word that no folded name can hold is refused', () => {
    const industry = { name: 'bail bonds', naicsPrefixes: [], keywords: ['Bail-Bonds'] };
    expect(pricingPolicySchema.safeParse({ ...policy, restrictedIndustries: [industry] }).success).toBe(false);
  });

  test('a clean business gets three offers of which one is recommended', () => {
    const offers = offersFor(figuresOf());
    expect(offers.map(({ label }) => label)).toEqual(['Lower cost', 'Balanced', 'Maximum']);
    expect(offers.map(({ recommended }) => recommended)).toEqual([false, true, false]);
    expect(offers.map(({ fundedAmountCents }) => fundedAmountCents)).toEqual([43_200_00, 57_600_00, 72_000_00]);
    expect(offers.map(({ factorRateBps }) => factorRateBps)).toEqual([11_600, 12_100, 12_700]);
    expect(offers.map(({ commissionCents }) => commissionCents)).toEqual([3_456_00, 4_608_00, 5_760_00]);
  });

  test.each([
    ['A', {}],
    ['B', { avgMonthlyRevenueCents: 49_999_99 }],
    ['B', { nsfCount: 3 }],
    ['B', { positionsCount: 1, positions: [position(1_000_00)] }],
    ['C', { negativeDays: 8 }],
    ['C', { avgMonthlyRevenueCents: 24_999_99 }],
    ['C', { statementsReconciled: false }],
    ['D', { avgMonthlyRevenueCents: 10_000_00 }],
    ['D', { nsfCount: 12 }],
  ] as const)('paper of grade %s is what %o makes of a clean business', (grade, changes) => {
    expect(offersFor(figuresOf(changes)).map(({ paperGrade }) => paperGrade)).toEqual([grade, grade, grade]);
  });

  test('NSFs of six months of statements count per 90 days', () => {
    expect(offersFor(figuresOf({ statementMonths: 6, nsfCount: 4 }))[0]?.paperGrade).toBe('A');
    expect(offersFor(figuresOf({ statementMonths: 6, nsfCount: 5 }))[0]?.paperGrade).toBe('B');
  });

  test('nobody is offered more than was asked for', () => {
    const amounts = offersFor(figuresOf(), givenOf({ requestedAmountCents: 20_050_00 })).map(
      (o) => o.fundedAmountCents,
    );
    expect(amounts).toEqual([12_000_00, 16_000_00, 20_000_00]);
    expect(offersFor(figuresOf(), givenOf({ requestedAmountCents: 5_000_00 })).map((o) => o.fundedAmountCents)).toEqual(
      [5_000_00, 5_000_00, 5_000_00],
    );
  });

  test('a deal without statements is blocked by statements-missing alone', () => {
    const block = blockOf(figuresOf({ statementSetId: null, avgMonthlyRevenueCents: null }));
    expect(block.reason).toBe('statements-missing');
    expect(block.reasons.map(({ code, actual, threshold }) => [code, actual, threshold])).toEqual([
      ['statements-missing', 0, 3],
    ]);
  });

  test('every failing rule is listed, actual against threshold', () => {
    const block = blockOf(
      figuresOf({
        statementMonths: 2,
        avgMonthlyRevenueCents: 9_999_99,
        nsfCount: 9,
        negativeDays: 11,
        positionsCount: 3,
      }),
      givenOf({
        requestedAmountCents: 1_000_00,
        openBankruptcy: true,
        merchant: { businessStartDate: '2026-05-22', dba: 'Lucky Casino' },
      }),
    );
    expect(block.reason).toBe('statement-months-below-minimum');
    expect(block.reasons.map(({ code, actual, threshold }) => [code, actual, threshold])).toEqual([
      ['statement-months-below-minimum', 2, 3],
      ['revenue-below-minimum', 9_999_99, 10_000_00],
      ['time-in-business-below-minimum', 5, 6],
      ['nsf-above-maximum', 14, 12],
      ['negative-days-above-maximum', 17, 15],
      ['positions-above-maximum', 3, 2],
      ['restricted-industry', 'gambling', 'not a restricted industry'],
      ['open-bankruptcy', 'open', 'none open'],
      ['requested-amount-below-minimum', 1_000_00, 5_000_00],
    ]);
  });

  test('a figure nobody could read fails its rule with nothing as the actual value', () => {
    const unread = figuresOf({
      statementMonths: 3,
      avgMonthlyRevenueCents: null,
      nsfCount: null,
      negativeDays: null,
      positionsCount: null,
    });
    const block = blockOf(unread, givenOf({ merchant: { businessStartDate: null } }));
    expect(block.reasons.map(({ code, actual }) => [code, actual])).toEqual([
      ['revenue-unknown', null],
      ['time-in-business-unknown', null],
      ['nsf-unknown', null],
      ['negative-days-unknown', null],
      ['positions-unknown', null],
    ]);
  });

  test('a business whose age is unknown is told which answer is missing, and priced once it is given', () => {
    const unknown = givenOf({ merchant: { businessStartDate: null, industryNaics: null, state: null } });
    const block = blockOf(figuresOf(), unknown);
    expect(block.reason).toBe('time-in-business-unknown');
    expect(block.reasons).toHaveLength(1);
    expect(block.reasons[0]?.detail).toContain('business_start_date');
    const answered = givenOf({ merchant: { businessStartDate: '2020-01-01', industryNaics: null, state: null } });
    expect(offersFor(figuresOf(), answered)).toHaveLength(3);
  });

  test('a state that the policy excludes blocks a deal', () => {
    const priced = price({ ...policy, restrictedStates: ['TX'] }, figuresOf(), givenOf());
    expect(priced.blocked && priced.reason).toBe('restricted-state');
  });

  test('a business reaches six months on the day itself, not the day before', () => {
    const born = givenOf({ merchant: { businessStartDate: '2026-05-21' } });
    expect(offersFor(figuresOf(), born)[0]?.paperGrade).toBe('C');
    expect(blockOf(figuresOf(), { ...born, today: '2026-11-20' }).reason).toBe('time-in-business-below-minimum');
  });

  test('advances already being repaid make the offers smaller, and block them when nothing is left', () => {
    const free = figuresOf({ avgMonthlyRevenueCents: 30_000_00, positionsCount: 1, positions: [position(1)] });
    const some = { ...free, positions: [position(2_500_00)] };
    const all = { ...free, positions: [position(4_400_00)] };
    expect(offersFor(some)[2]?.fundedAmountCents).toBeLessThan(offersFor(free)[2]?.fundedAmountCents ?? 0);
    const block = blockOf(all);
    expect(block.reason).toBe('affordability');
    expect(block.reasons[0]?.threshold).toBe(15);
    expect(block.reasons[0]?.actual).toBeGreaterThan(15);
  });

  test('an offer whose smallest amount does not fit over its own term is made over a longer one of its grade', () => {
    const tight = figuresOf({ avgMonthlyRevenueCents: 10_000_00, positionsCount: 1, positions: [position(600_00)] });
    const [lowerCost, , maximum] = offersFor(tight);
    expect(lowerCost).toMatchObject({ label: 'Lower cost', factorRateBps: 14_600, fundedAmountCents: 5_000_00 });
    expect(lowerCost?.paymentCount).toBe(maximum?.paymentCount);
  });

  test('an offer made smaller to fit under the cap is the largest that fits', () => {
    const anyCost = fc.integer({ min: 1_500_00, max: 2_900_00 });
    fc.assert(
      fc.property(anyCost, (costCents) => {
        const figures = figuresOf({
          avgMonthlyRevenueCents: 30_000_00,
          positionsCount: 1,
          positions: [position(costCents)],
        });
        for (const offer of offersFor(figures)) {
          const share = { 'Lower cost': 6_000, Balanced: 8_000, Maximum: 10_000 }[offer.label] ?? 0;
          const wishCents = (30_000_00 * share) / 10_000;
          const paybackCents = ((offer.fundedAmountCents + 100_00) * offer.factorRateBps) / 10_000;
          const next = monthlyCostCents(offer.paymentFrequency, Math.ceil(paybackCents / offer.paymentCount));
          expect(offer.fundedAmountCents === wishCents || costCents + next > 4_500_00).toBe(true);
        }
      }),
    );
  });

  test('whatever the figures, offers keep the cap on payments, the requested amount and the arithmetic', () => {
    const anyFigures = fc.record({
      avgMonthlyRevenueCents: fc.integer({ min: 0, max: 2_000_000_00 }),
      nsfCount: fc.integer({ min: 0, max: 14 }),
      negativeDays: fc.integer({ min: 0, max: 17 }),
      statementsReconciled: fc.boolean(),
      positions: fc.array(fc.integer({ min: 0, max: 20_000_00 }).map(position), { maxLength: 3 }),
    });
    const anyRequest = fc.option(fc.integer({ min: 1, max: 600_000_00 }));
    fc.assert(
      fc.property(anyFigures, anyRequest, (changes, requestedAmountCents) => {
        const figures = figuresOf({ ...changes, positionsCount: changes.positions.length });
        const priced = price(policy, figures, givenOf({ requestedAmountCents }));
        if (priced.blocked) {
          expect(priced.reasons[0]?.code).toBe(priced.reason);
          return;
        }
        expect(priced.offers).toHaveLength(3);
        expect(priced.offers.filter(({ recommended }) => recommended)).toHaveLength(1);
        const revenue = changes.avgMonthlyRevenueCents;
        const existing = changes.positions.reduce((sum, { monthly_cost_cents }) => sum + monthly_cost_cents, 0);
        for (const offer of priced.offers) {
          const cap = policy.grades.find(({ grade }) => grade === offer.paperGrade)?.holdbackCapBps ?? 0;
          const monthly = existing + monthlyCostCents(offer.paymentFrequency, offer.paymentAmountCents);
          expect(monthly * 10_000).toBeLessThanOrEqual(revenue * cap + 5_000);
          expect(offer.fundedAmountCents).toBeGreaterThanOrEqual(policy.minAmountCents);
          expect(offer.fundedAmountCents).toBeLessThanOrEqual(requestedAmountCents ?? Number.POSITIVE_INFINITY);
          expect(offer.paymentAmountCents * (offer.paymentCount - 1) + offer.lastPaymentAmountCents).toBe(
            offer.paybackAmountCents,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  test('the same figures always give the same offers', () => {
    expect(price(policy, figuresOf(), givenOf())).toEqual(price(policy, figuresOf(), givenOf()));
  });
});
