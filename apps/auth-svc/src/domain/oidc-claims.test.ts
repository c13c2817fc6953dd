import { expect, test } from 'vitest';
import { type ClaimRules, claimsWanted, personOf } from './oidc-claims.ts';

const rules: ClaimRules = {
  roleClaim: 'groups',
  roles: new Map([
    ['desk', 'analyst'],
    ['leads', 'reviewer'],
    ['it', 'admin'],
  ]),
  tenant: { claim: 'company' },
};
const roleOf = (groups: unknown) => personOf({ groups }, rules).role;
const tenantOf = (company: unknown) => personOf({ company }, rules).tenantId;

test.each([
  ['one value', 'leads', 'reviewer'],
  ['a list, in which the one that may most counts', ['desk', 'it', 'leads'], 'admin'],
  ['a list with values that mean nothing here', ['canteen', 'desk'], 'analyst'],
  ['nothing that means anything here', ['canteen'], null],
  ['no value', undefined, null],
  ['an empty list', [], null],
  ['a value in other letters', 'IT', null],
  ['an object', { it: true }, null],
  ['a name that JavaScript knows', 'constructor', null],
])('the role comes from %s', (_what, groups, role) => {
  expect(roleOf(groups)).toBe(role);
});

test('the tenant is the one that the claim names, or the one of all', () => {
  expect(tenantOf('acme')).toBe('acme');
  for (const bad of [undefined, '', 'Acme Inc.', ['acme'], "acme' --", 7]) expect(tenantOf(bad)).toBe(null);
  expect(personOf({ company: 'acme' }, { ...rules, tenant: { id: 'demo' } }).tenantId).toBe('demo');
});

test('an e-mail address counts as verified only when the provider says so', () => {
  const verified = (email_verified: unknown) => personOf({ email: ' Ada@Example.com', email_verified }, rules);
  expect(verified(true)).toMatchObject({ email: 'ada@example.com', emailVerified: true });
  expect(verified('true').emailVerified).toBe(true);
  for (const no of [false, 'false', 1, 'yes', {}]) expect(verified(no).emailVerified).toBe(false);
  expect(verified(undefined).emailVerified).toBe(null);
});

test('a claim that is no text for people is as good as none', () => {
  expect(personOf({ name: 'Ada\u0000', email: 'nobody' }, rules)).toMatchObject({ name: null, email: null });
  expect(personOf(Object.create({ groups: 'it', company: 'acme' }), rules)).toMatchObject({
    role: null,
    tenantId: null,
  });
});

test('only what decides is asked for', () => {
  expect(claimsWanted(rules)).toEqual(['groups', 'company', 'email']);
  expect(claimsWanted({ ...rules, tenant: { id: 'demo' } })).toEqual(['groups', 'email']);
});
