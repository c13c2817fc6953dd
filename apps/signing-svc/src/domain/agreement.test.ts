import type { Offer } from '@uw-wizard/shared/contracts/offer';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acceptedTerms } from '../../test/deal.ts';
import { agreementOf, scheduledCents } from './agreement.ts';

function agreementWith(offer: Partial<Offer>) {
  const terms = acceptedTerms();
  return agreementOf({
    reference: 'envelope-1',
    buyer: 'UW Wizard Funding',
    sellerEmail: 'jane@merchant.example',
    terms: { ...terms, offer: { ...terms.offer, ...offer } },
  });
}

function rowsOf(agreement: ReturnType<typeof agreementOf>): Map<string, string> {
  return new Map(agreement.sections.flatMap(({ rows }) => rows ?? []));
}

describe('what the agreement says', () => {
  test('parties, prices and schedule are those of the accepted offer', () => {
    const rows = rowsOf(agreementWith({}));
    expect(Object.fromEntries(rows)).toMatchObject({
      Buyer: 'UW Wizard Funding',
      'Seller (merchant)': 'Żółw Café & Núñez LLC (doing business as Corner Café)',
      'Purchase price (funded amount)': '$50,000.00',
      'Purchased amount (total payback)': '$65,000.00',
      'Factor rate': '1.30',
      'Finance charge': '$15,000.00',
      'Specified percentage of receipts (holdback)': '12.50 %',
      'Payment frequency': 'daily, every business day',
      'Number of payments': '130',
      'Payment amount': '$500.01',
      'Last payment': '$498.71',
      'Sum of all payments': '$65,000.00',
      'Estimated term': '188 calendar days',
    });
    expect(rows.get('Estimated APR')).toContain('105.92 %');
  });

  test.each([
    [1.3, '1.30'],
    [1.275, '1.275'],
    [1.2345, '1.2345'],
    [2, '2.00'],
  ])('the factor rate %d is written %s', (factorRate, written) => {
    expect(rowsOf(agreementWith({ factor_rate: factorRate })).get('Factor rate')).toBe(written);
  });

  test('the day count of the estimated APR is stated for the schedule there is', () => {
    const apr = (frequency: Offer['payment_frequency']) =>
      agreementWith({ payment_frequency: frequency })
        .sections.flatMap(({ paragraphs }) => paragraphs ?? [])
        .find((paragraph) => paragraph.startsWith('Estimated APR.'));
    expect(apr('daily')).toContain('252 business days a year');
    expect(apr('weekly')).toContain('52 weeks a year');
  });

  test('nobody is asked to sign payments that do not add up to the cent', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 500 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: 1, max: 1_000_000 }),
        fc.integer({ min: -5, max: 5 }),
        (count, payment, last, error) => {
          const schedule = { payment_count: count, payment_amount_cents: payment, last_payment_amount_cents: last };
          const payback = scheduledCents(schedule) + error;
          const write = () =>
            agreementWith({
              ...schedule,
              payback_amount_cents: payback,
              funded_amount_cents: 0,
              finance_charge_cents: payback,
            });
          if (error === 0) expect(rowsOf(write()).get('Number of payments')).toBe(String(count));
          else expect(write).toThrow('do not add up');
        },
      ),
    );
  });

  test('a finance charge that is not payback less price is not signed either', () => {
    expect(() => agreementWith({ finance_charge_cents: 1 })).toThrow('finance charge');
  });
});
