import { authEvents } from '@uw-wizard/shared/contracts/auth';
import { eventCatalogue } from '@uw-wizard/shared/contracts/catalogue';
import { erasureAnswers, merchantErased } from '@uw-wizard/shared/contracts/erasure';
import { describe, expect, test } from 'vitest';
import { summaryOf } from './event-summary.ts';

const aboutNoDeal = new Set<string>([...authEvents, ...erasureAnswers, merchantErased].map(({ type }) => type));
const aboutDeals = [...eventCatalogue.values()].filter(({ type }) => !aboutNoDeal.has(type));

describe('the sentence of an event on the timeline', () => {
  test.each(aboutDeals.map(({ type, data }) => [type, data] as const))('%s has one', (type, data) => {
    const example = exampleOf(data);
    expect(summaryOf(type, example)).toMatch(/^[A-Z*\d].* .*\.$/);
  });

  test('an event nobody has words for is called by its name', () => {
    expect(summaryOf('moon.risen', {})).toBe('moon.risen');
  });

  test('an event whose data is of another version is called by its name', () => {
    expect(summaryOf('offer.accepted', { offer_id: 7 })).toBe('offer.accepted');
  });

  test('amounts read as dollars, flags by their codes', () => {
    const accepted = { offer_id: crypto.randomUUID(), funded_amount_cents: 5_000_000, payback_amount_cents: 6_450_000 };
    expect(summaryOf('offer.accepted', accepted)).toBe(
      'An offer of $50,000.00 was accepted, to be paid back with $64,500.00.',
    );
    const flags = [{ code: 'same-ein-elsewhere', detail: '' }];
    expect(summaryOf('background.result', { status: 'FLAGGED', reasons: flags })).toBe(
      'The background checks raised a flag: same-ein-elsewhere.',
    );
  });
});

/** Data that a contract takes, made from its own schema. */
function exampleOf(schema: (typeof aboutDeals)[number]['data']): Record<string, unknown> {
  const values: Record<string, unknown> = {
    event_id: 'e-1',
    number: '***0123',
    documents: [],
    fields: ['dba'],
    reasons: [],
    offer_ids: [],
    kind: 'bank_statements',
    analysis: {
      status: 'done',
      months: 3,
      avg_monthly_revenue_cents: null,
      avg_monthly_deposits_cents: null,
      avg_daily_balance_cents: null,
      nsf_count: null,
      negative_days: null,
      deposit_count: null,
      positions: [],
      flags: [],
    },
    complete: true,
    force: false,
    from: 'open',
    to: 'offer',
    status: 'OK',
    decision: 'approve',
    review_status: 'approved',
    severity: 'info',
    category: 'marketing',
  };
  const text = { code: 'some-code', message: 'Something happened.', reason: 'a reason' };
  const candidates = [
    (name: string) => ({ ...values, ...text })[name],
    () => 3,
    () => 'a-text',
    () => crypto.randomUUID(),
  ];
  return Object.fromEntries(
    Object.entries(schema.shape).flatMap(([name, field]) => {
      const value = candidates.map((candidate) => candidate(name)).find((given) => field.safeParse(given).success);
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
