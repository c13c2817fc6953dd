import { DomainError } from '@uw-wizard/shared/errors';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { QUESTIONS } from './catalogue.ts';
import { parseAnswers, parseMerchant } from './parse-answers.ts';
import { ANSWER_TYPES } from './questions.ts';

const TODAY = '2026-11-21';

/** An answer that is fit to keep for every field, and what is kept of it. */
const GOOD: Record<string, [raw: unknown, kept: unknown]> = {
  legal_name: ['  Acme   Diner LLC ', 'Acme Diner LLC'],
  dba: ['Acme', 'Acme'],
  entity_type: ['LLC', 'llc'],
  ein: ['123456789', '12-3456789'],
  state: ['tx', 'TX'],
  business_start_date: [TODAY, TODAY],
  industry_naics: ['722511', '722511'],
  phone: ['(212) 555-0123', '+12125550123'],
  email: [' owner@acme.test ', 'owner@acme.test'],
  requested_amount_cents: [50_000_00, 50_000_00],
  use_of_funds: ['New oven\nand a sign', 'New oven and a sign'],
  stated_monthly_revenue_cents: [0, 0],
  owner_name: ['Zoë Nuñez', 'Zoë Nuñez'],
  owner_email: ['zoe@acme.test', 'zoe@acme.test'],
  owner_phone: ['+1 415 555 0100', '+14155550100'],
  ownership_pct: [33.33, 33.33],
  owner_ssn_last4: ['0042', '0042'],
  stated_fico: [700, 700],
  open_bankruptcy: [false, false],
  ticker: ['BRK.B', 'BRK.B'],
  external_id: ['crm/77', 'crm/77'],
};

const BAD: [field: string, raw: unknown][] = [
  ['legal_name', ''],
  ['legal_name', 'x'.repeat(201)],
  ['legal_name', 'a\u0000b'],
  ['legal_name', '\ud800'],
  ['legal_name', 7],
  ['entity_type', 'guild'],
  ['ein', '00-1234567'],
  ['ein', 123456789],
  ['state', 'ZZ'],
  ['business_start_date', '2026-11-22'],
  ['business_start_date', '2025-02-29'],
  ['business_start_date', '04/01/2019'],
  ['business_start_date', '1799-12-31'],
  ['industry_naics', '7'],
  ['industry_naics', '7225111'],
  ['industry_naics', 722511],
  ['phone', '12345'],
  ['phone', '212 555 0123 ext. 4'],
  ['email', 'nobody'],
  ['email', `${'x'.repeat(250)}@a.test`],
  ['requested_amount_cents', 0],
  ['requested_amount_cents', -1],
  ['requested_amount_cents', 1.5],
  ['requested_amount_cents', '5000000'],
  ['requested_amount_cents', 1e300],
  ['requested_amount_cents', Number.NaN],
  ['ownership_pct', 100.01],
  ['ownership_pct', 33.333],
  ['owner_ssn_last4', '123456789'],
  ['owner_ssn_last4', 1234],
  ['stated_fico', 299],
  ['stated_fico', 700.5],
  ['open_bankruptcy', 'no'],
  ['dba', null],
  ['__proto__', 'x'],
  ['constructor', 'x'],
  ['status', 'signed'],
];

function problemsOf(work: () => unknown): readonly { pointer: string; detail: string }[] {
  try {
    work();
  } catch (error) {
    if (error instanceof DomainError && error.kind.code === 'validation-failed') return error.errors ?? [];
    throw error;
  }
  return expect.unreachable('these answers must be refused');
}

describe('the question catalogue', () => {
  test('asks every field once, and knows every type of answer', () => {
    expect(new Set(QUESTIONS.map(({ field }) => field)).size).toBe(QUESTIONS.length);
    expect(new Set(QUESTIONS.map(({ target, prop }) => `${target}.${prop}`)).size).toBe(QUESTIONS.length);
    expect(new Set(QUESTIONS.map(({ type }) => type))).toEqual(new Set(ANSWER_TYPES));
  });

  test('keeps each answer under the name that its field has on the wire', () => {
    for (const { field, prop } of QUESTIONS) {
      expect(prop.replace(/[A-Z]|\d+$/gu, (found) => (/\d/u.test(found) ? found : `_${found.toLowerCase()}`))).toBe(
        field,
      );
    }
  });

  test('fills numbers with numbers, yes and no with yes or no, and the rest with text', () => {
    const numeric = ['requestedAmountCents', 'statedMonthlyRevenueCents', 'ownershipPct', 'statedFico'];
    for (const { type, prop } of QUESTIONS) {
      const holdsNumber = ['integer', 'cents', 'percent'].includes(type);
      expect(holdsNumber, prop).toBe(numeric.includes(prop));
      expect(type === 'boolean', prop).toBe(prop === 'openBankruptcy');
    }
  });
});

describe('reading answers', () => {
  test('every field takes a good answer and keeps it in one form', () => {
    expect(Object.keys(GOOD)).toEqual(QUESTIONS.map(({ field }) => field));
    const raw = Object.fromEntries(Object.entries(GOOD).map(([field, [value]]) => [field, value]));
    const answers = parseAnswers(raw, { today: TODAY });
    for (const question of QUESTIONS) {
      const kept = { ...answers.deal, ...answers.merchant }[question.prop];
      expect(kept, question.field).toEqual(GOOD[question.field]?.[1]);
    }
    expect(answers.fields).toEqual(QUESTIONS.map(({ field }) => field));
  });

  test.each(BAD)('%s does not take %o, and its pointer says so', (field, raw) => {
    const body: Record<string, unknown> = JSON.parse(`{${JSON.stringify(field)}: 0}`);
    Object.defineProperty(body, field, { value: raw });
    expect(problemsOf(() => parseAnswers(body, { today: TODAY })).map(({ pointer }) => pointer)).toEqual([
      `#/answers/${field}`,
    ]);
  });

  test('one bad answer among good ones refuses all, and every bad one is named', () => {
    const raw = { legal_name: 'Acme', ein: 'x', 'a/b~c': 1, state: 'TX', stated_fico: 1 };
    expect(problemsOf(() => parseAnswers(raw, { today: TODAY })).map(({ pointer }) => pointer)).toEqual([
      '#/answers/ein',
      '#/answers/a~1b~0c',
      '#/answers/stated_fico',
    ]);
  });

  test('however many answers are bad, the refusal names a hundred of them', () => {
    const unknown = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field_${at}`, at]));
    expect(problemsOf(() => parseAnswers(unknown, { today: TODAY }))).toHaveLength(100);
  });

  test('a refused SSN is not repeated in the refusal', () => {
    const [problem] = problemsOf(() => parseAnswers({ owner_ssn_last4: '123-45-6789' }, { today: TODAY }));
    expect(problem?.detail).not.toContain('6789');
  });

  test('whatever JSON is sent, it is read or refused by field, and what is read reads the same again', () => {
    const anyField = fc.constantFrom(...QUESTIONS.map(({ field }) => field), 'nonsense');
    const anyRaw = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(GOOD).map(([raw]) => raw)));
    fc.assert(
      fc.property(fc.dictionary(anyField, anyRaw), (raw) => {
        let answers: ReturnType<typeof parseAnswers>;
        try {
          answers = parseAnswers(raw, { today: TODAY });
        } catch (error) {
          if (!(error instanceof DomainError)) throw error;
          expect(error.errors?.every(({ pointer }) => pointer.startsWith('#/answers/'))).toBe(true);
          return;
        }
        const kept = { ...answers.deal, ...answers.merchant };
        const again = Object.fromEntries(
          QUESTIONS.filter(({ field }) => answers.fields.includes(field)).map(({ field, prop }) => [field, kept[prop]]),
        );
        const { deal, merchant } = parseAnswers(again, { today: TODAY });
        expect({ ...deal, ...merchant }).toEqual(kept);
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('reading the merchant of a start', () => {
  test('takes the merchant fields of the intake', () => {
    expect(parseMerchant({ legal_name: 'Acme', ein: '12-3456789' }, { today: TODAY })).toEqual({
      legalName: 'Acme',
      ein: '12-3456789',
    });
  });

  test('needs a legal name and knows no fields of the deal', () => {
    const pointers = (raw: Record<string, unknown>) =>
      problemsOf(() => parseMerchant(raw, { today: TODAY })).map(({ pointer }) => pointer);
    expect(pointers({})).toEqual(['#/merchant/legal_name']);
    expect(pointers({ legal_name: 'Acme', owner_name: 'Jane' })).toEqual(['#/merchant/owner_name']);
  });
});
