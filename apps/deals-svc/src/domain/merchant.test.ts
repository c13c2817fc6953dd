import { describe, expect, test } from 'vitest';
import {
  identifyMerchant,
  identityKeys,
  type NewMerchant,
  newMerchant,
  reuseMerchant,
  withConfirmations,
} from './merchant.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const LATER = new Date('2026-11-21T13:00:00Z');

function merchantOf(given: NewMerchant, id = 'm1') {
  return newMerchant(given, { id, tenantId: 'demo', now: NOW });
}

describe('telling merchants apart', () => {
  const withEin = merchantOf({ legalName: 'Acme Diner LLC', ein: '12-3456789', state: 'TX' }, 'with-ein');
  const without = merchantOf({ legalName: 'Blue Door, Inc.', state: 'NY' }, 'without-ein');
  const stateless = merchantOf({ legalName: 'Corner Shop' }, 'stateless');
  const known = [withEin, without, stateless];

  test.each([
    ['the same EIN under another name', { legalName: 'Something Else', ein: '12-3456789' }, 'with-ein'],
    ['the same name and state, no EIN given', { legalName: 'ACME DINER', state: 'TX' }, 'with-ein'],
    [
      'the same name and state, no EIN known',
      { legalName: 'Blue Door Corp', state: 'NY', ein: '47-1234567' },
      'without-ein',
    ],
    ['the same name, both without a state', { legalName: 'corner shop llc' }, 'stateless'],
    ['the same name and state with another EIN', { legalName: 'Acme Diner LLC', state: 'TX', ein: '47-1234567' }, null],
    ['the same name in another state', { legalName: 'Acme Diner LLC', state: 'CA' }, null],
    ['the same name without a state', { legalName: 'Acme Diner LLC' }, null],
    ['another name', { legalName: 'Acme Dinner LLC', state: 'TX' }, null],
  ])('%s finds the right one or none', (_case, given, expected) => {
    expect(identifyMerchant(given, known)?.id ?? null).toBe(expected);
  });

  test('two descriptions that can be the same merchant share a key to lock', () => {
    const one = { legalName: 'Blue Door', state: 'NY', ein: '47-1234567' };
    const other = { legalName: 'Blue Door, Inc.', state: 'NY' };
    expect(identityKeys(one)).toEqual(['ein:47-1234567', 'name:blue door|NY']);
    expect(identityKeys(one)).toEqual(expect.arrayContaining([...identityKeys(other)]));
  });
});

describe('meeting a merchant again', () => {
  const known = merchantOf({
    legalName: 'Acme Diner LLC',
    ein: '12-3456789',
    phone: '+12125550123',
    email: 'a.b@acme.test',
  });

  test('what was missing is filled in; what differs waits and overwrites nothing', () => {
    const again = reuseMerchant(
      known,
      { legalName: 'Acme Diner Two LLC', state: 'TX', phone: '+12125550199', email: 'A.B@ACME.test' },
      { source: 'partner', now: LATER },
    );
    expect(again.filled).toEqual(['state']);
    expect(again.merchant).toMatchObject({
      state: 'TX',
      legalName: 'Acme Diner LLC',
      phone: '+12125550123',
      version: 2,
    });
    expect(again.confirmations).toEqual([
      { field: 'legal_name', existing: 'Acme Diner LLC', value: 'Acme Diner Two LLC', source: 'partner' },
      { field: 'phone', existing: '+12125550123', value: '+12125550199', source: 'partner' },
    ]);
  });

  test('another spelling of the same name is no difference, another legal form or mailbox is', () => {
    const as = { source: 'partner', now: LATER };
    expect(reuseMerchant(known, { legalName: 'ACME  DINER, L.L.C.' }, as)).toEqual({
      merchant: known,
      filled: [],
      confirmations: [],
    });
    expect(reuseMerchant(known, { legalName: 'Acme Diner Inc', email: 'ab@acme.test' }, as).confirmations).toHaveLength(
      2,
    );
  });

  test('a field waits with its newest value only, and the same value again is nothing new', () => {
    const first = { field: 'phone', existing: '+1', value: '+2', source: 'a' };
    const newer = { ...first, value: '+3' };
    const waiting = withConfirmations([first], [newer]);
    expect(waiting).toEqual([newer]);
    expect(withConfirmations(waiting, [newer])).toBe(waiting);
  });
});
