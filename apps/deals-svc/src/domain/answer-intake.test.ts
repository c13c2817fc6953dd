import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { answerIntake } from './answer-intake.ts';
import { codeOf, merchantOf, NOW, started, typesOf } from './deal.fixtures.ts';
import type { Deal } from './deal.ts';
import { confirmQuestions, isComplete, missingQuestions, wireCatalogue } from './intake/missing.ts';
import { parseAnswers } from './intake/parse-answers.ts';
import type { Merchant } from './merchant.ts';

const ALL_ANSWERS = {
  entity_type: 'llc',
  ein: '12-3456789',
  state: 'TX',
  business_start_date: '2019-04-01',
  industry_naics: '722511',
  phone: '+12125550123',
  email: 'hello@acme.test',
  requested_amount_cents: 40_000_00,
  use_of_funds: 'A new oven',
  stated_monthly_revenue_cents: 60_000_00,
  owner_name: 'Zoe Nunez',
  owner_email: 'zoe@acme.test',
  owner_phone: '+14155550100',
  ownership_pct: 100,
};

describe('the intake', () => {
  const answer = (deal: Deal, merchant: Merchant, raw: Record<string, unknown>, confirm: string[] = []) =>
    answerIntake(deal, merchant, { answers: parseAnswers(raw, { today: '2026-11-21' }), confirm, now: NOW });

  test('asks only for what is missing and is complete when nothing required is', () => {
    const asked = missingQuestions(started(), merchantOf()).map(({ field }) => field);
    expect(asked).not.toContain('legal_name');
    expect(asked).not.toContain('business_start_date');
    expect(asked).toContain('ein');
    const change = answer(started(), merchantOf(), ALL_ANSWERS);
    expect(change.complete).toBe(true);
    expect(change.deal.intakeCompletedAt).toEqual(NOW);
    expect(change.merchant).toMatchObject({ ein: '12-3456789', version: 2 });
    expect(missingQuestions(change.deal, change.merchant).every(({ required }) => !required)).toBe(true);
    expect(typesOf(change)).toEqual(['intake.answered']);
    expect(JSON.stringify(change.facts)).not.toContain('5550100');
  });

  test('answered in any order and any portions, it ends complete and never asks again for what it knows', () => {
    const entries = Object.entries(ALL_ANSWERS);
    const anyOrder = fc.shuffledSubarray(entries, { minLength: entries.length });
    fc.assert(
      fc.property(anyOrder, fc.integer({ min: 1, max: 5 }), (order, portion) => {
        let deal = started();
        let merchant: Merchant = { ...merchantOf(), businessStartDate: null };
        for (let at = 0; at < order.length; at += portion) {
          const given = order.slice(at, at + portion);
          const change = answer(deal, merchant, Object.fromEntries(given));
          ({ deal, merchant } = change);
          const asked = missingQuestions(deal, merchant).map(({ field }) => field);
          expect(asked.filter((field) => given.some(([known]) => known === field))).toEqual([]);
          expect(change.complete).toBe(at + portion >= order.length);
        }
        expect(isComplete(deal, merchant)).toBe(true);
      }),
    );
  });

  test('a waiting value is asked to be confirmed, not asked again, and is taken when confirmed', () => {
    const waiting = { field: 'ein', existing: null, value: '47-1234567', source: 'application' };
    const deal = { ...started(), confirmations: [waiting] };
    expect(missingQuestions(deal, merchantOf()).map(({ field }) => field)).not.toContain('ein');
    expect(confirmQuestions(deal).map(({ field, value }) => [field, value])).toEqual([['ein', '47-1234567']]);
    const change = answer(deal, merchantOf(), {}, ['ein', 'ein']);
    expect(change.merchant.ein).toBe('47-1234567');
    expect(change.deal.confirmations).toEqual([]);
    expect(change.facts).toMatchObject([{ data: { fields: ['ein'] } }]);
  });

  test('a required value that waits keeps the intake open, and an answer settles it', () => {
    const done = answer(started(), merchantOf(), ALL_ANSWERS);
    const waiting = { field: 'ein', existing: '12-3456789', value: '47-1234567', source: 'application' };
    const deal = { ...done.deal, confirmations: [waiting] };
    expect(isComplete(deal, done.merchant)).toBe(false);
    const settled = answer(deal, done.merchant, { ein: '12-3456789' });
    expect(settled.merchant.ein).toBe('12-3456789');
    expect([settled.complete, settled.deal.confirmations]).toEqual([true, []]);
  });

  test('confirming what does not wait, or what is answered in the same breath, is refused', () => {
    const waiting = { field: 'ein', existing: null, value: '47-1234567', source: 'application' };
    const deal = { ...started(), confirmations: [waiting] };
    expect(codeOf(() => answer(deal, merchantOf(), {}, ['state']))).toBe('validation-failed');
    expect(codeOf(() => answer(deal, merchantOf(), { ein: '12-3456789' }, ['ein']))).toBe('validation-failed');
  });

  test('a new legal name changes how the merchant is recognised', () => {
    expect(answer(started(), merchantOf(), { legal_name: 'Beta Grill Inc' }).merchant.normalisedName).toBe(
      'beta grill',
    );
  });

  test('a sole proprietor without an EIN can complete the intake', () => {
    const { ein: _none, ...others } = ALL_ANSWERS;
    const change = answer(started(), merchantOf(), { ...others, entity_type: 'sole_proprietorship' });
    expect(change.complete).toBe(true);
    const asked = missingQuestions(change.deal, change.merchant).find(({ field }) => field === 'ein');
    expect(asked?.required).toBe(false);
  });

  test('no answer changes nothing, and a deal that is over takes none', () => {
    const signed: Deal = { ...started(), status: 'signed' };
    expect(answer(signed, merchantOf(), {}).deal).toBe(signed);
    expect(codeOf(() => answer(signed, merchantOf(), { state: 'TX' }))).toBe('illegal-transition');
  });

  test('the catalogue shows options without their inner spellings', () => {
    const entity = wireCatalogue().find(({ field }) => field === 'entity_type');
    expect(entity?.options?.[0]).toEqual({ value: 'sole_proprietorship', label: 'Sole proprietorship' });
  });
});
