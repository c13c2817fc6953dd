import { describe, expect, test } from 'vitest';
import { NOW, started, typesOf } from './deal.fixtures.ts';
import { confirmQuestions } from './intake/missing.ts';
import { reuseDeal, startDeal } from './start-deal.ts';

describe('starting a deal', () => {
  test('a new deal is open, in its first version, and announced', () => {
    const ids = { id: 'd1', tenantId: 'demo', merchantId: 'm1' };
    const change = startDeal({ ...ids, requestedAmountCents: 5, source: null, confirmations: [], now: NOW });
    expect(change.deal).toMatchObject({ status: 'open', version: 1, reviewStatus: 'none', createdAt: NOW });
    expect(typesOf(change)).toEqual(['deal.started']);
  });

  test('a second start fills in the amount, keeps the first source, and lets a different amount wait', () => {
    const reuse = { source: 'partner', filled: ['state'], confirmations: [], now: NOW };
    const filled = reuseDeal(started(), { ...reuse, requestedAmountCents: 10_000_00 });
    expect(filled.deal).toMatchObject({ requestedAmountCents: 10_000_00, source: 'web', version: 2 });
    expect(filled.facts).toEqual([{ type: 'deal.updated', data: { fields: ['state', 'requested_amount_cents'] } }]);
    const differing = reuseDeal(filled.deal, { ...reuse, filled: [], requestedAmountCents: 20_000_00 });
    expect(differing.deal.requestedAmountCents).toBe(10_000_00);
    expect(confirmQuestions(differing.deal)).toMatchObject([
      { field: 'requested_amount_cents', value: 20_000_00, source: 'partner' },
    ]);
  });

  test('a second start with nothing new changes nothing', () => {
    const deal = started();
    const reuse = { source: null, filled: [], confirmations: [], requestedAmountCents: null, now: NOW };
    expect(reuseDeal(deal, reuse)).toEqual({ deal, facts: [] });
    expect(reuseDeal(deal, reuse).deal).toBe(deal);
  });
});
