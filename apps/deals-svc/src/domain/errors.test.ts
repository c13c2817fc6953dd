import { describe, expect, test } from 'vitest';
import * as errors from './errors.ts';

describe('the ways deals-svc says no', () => {
  test('every kind is in the catalogue, with a code of its own', () => {
    const { PROBLEM_KINDS, ...kinds } = errors;
    expect(PROBLEM_KINDS).toEqual(expect.arrayContaining(Object.values(kinds)));
    expect(PROBLEM_KINDS).toHaveLength(Object.keys(kinds).length);
    expect(new Set(PROBLEM_KINDS.map(({ code }) => code)).size).toBe(PROBLEM_KINDS.length);
  });

  test('codes carry the status that the contract gives them', () => {
    const byCode = Object.fromEntries(errors.PROBLEM_KINDS.map(({ code, status }) => [code, status]));
    expect(byCode).toEqual({
      'deal-not-found': 404,
      'merchant-not-found': 404,
      'offer-not-found': 404,
      'alert-not-found': 404,
      'merchant-mismatch': 409,
      'illegal-transition': 409,
      'offer-missing': 409,
      'offer-expired': 409,
      'offer-superseded': 409,
      'deal-exists': 409,
      'deal-deleted': 409,
      'deal-not-accepted': 409,
      'merchant-erased': 410,
      'envelope-outstanding': 409,
      'background-missing': 400,
      'background-not-ok': 400,
      'statements-pending': 503,
      'field-read-only': 422,
      'validation-failed': 422,
      'version-conflict': 412,
    });
  });
});
