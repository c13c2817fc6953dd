import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createBlindIndex, createFieldSeals, FieldDoesNotOpen, openJson, sealJson } from './field-encryption.ts';
import { fieldVariables } from './service-config.ts';

const [one, two] = [randomBytes(32), randomBytes(32)];
const place = { tenantId: 't1', column: 'merchants.ein', row: ['m1'] };
const ein = '12-3456789';
const sealsBy = (...keys: Buffer[]) => createFieldSeals({ keys, sealing: true });

describe('a sealed value', () => {
  const sealed = sealsBy(one).seal(ein, place);

  test('shows nothing of itself, is another each time, and opens where it was sealed for', () => {
    expect(sealed).toMatch(/^v1\.[0-9a-f]{8}\.[\w-]{50,}$/);
    expect(sealed).not.toContain('3456789');
    expect(sealsBy(one).seal(ein, place)).not.toBe(sealed);
    expect(sealsBy(one).open(sealed, place)).toBe(ein);
  });

  test.each([
    ['another tenant', { ...place, tenantId: 't2' }],
    ['another column', { ...place, column: 'deals.owner_ssn_last4' }],
    ['another row', { ...place, row: ['m2'] }],
    ['a row of another shape', { ...place, row: ['m1', ''] }],
  ])('does not open in %s', (_, other) => {
    expect(() => sealsBy(one).open(sealed, other)).toThrow(FieldDoesNotOpen);
  });

  test('does not open when a byte of it was changed, whichever', () => {
    const start = sealed.lastIndexOf('.') + 1;
    // The last letter may carry bits that stand for nothing.
    for (let at = start; at < sealed.length - 1; at += 1) {
      const changed = sealed.slice(0, at) + (sealed[at] === 'A' ? 'B' : 'A') + sealed.slice(at + 1);
      expect(() => sealsBy(one).open(changed, place), `byte ${at}`).toThrow(FieldDoesNotOpen);
    }
    for (const other of ['v1.', 'v1.x', 'v1..', sealed.slice(0, -20)])
      expect(() => sealsBy(one).open(other, place)).toThrow(FieldDoesNotOpen);
  });

  test('under a key that is not there is refused by a sentence that names column, key and variable, and no value', () => {
    const opening = () => sealsBy(two).open(sealed, place);
    expect(opening).toThrow(/merchants\.ein.*FIELD_ENCRYPTION_KEY/);
    expect(opening).toThrow(sealed.split('.')[1]);
    expect(() => createFieldSeals({ keys: [], sealing: false }).open(sealed, place)).toThrow(FieldDoesNotOpen);
  });

  test('opens while its key stands behind a new one, which seals', () => {
    const both = sealsBy(two, one);
    expect(both.open(sealed, place)).toBe(ein);
    const anew = both.seal(ein, place);
    expect(anew.startsWith(both.newest ?? '-')).toBe(true);
    expect(sealsBy(two).open(anew, place)).toBe(ein);
    expect(sealed.startsWith(both.newest ?? '-')).toBe(false);
  });

  test('from before there were keys is given back as it is', () => {
    expect(sealsBy(one).open(ein, place)).toBe(ein);
    expect(openJson(sealsBy(one), [{ field: 'ein' }], place)).toEqual([{ field: 'ein' }]);
  });

  test('of JSON comes back as the JSON that it was', () => {
    const value = { ein, list: [1, null, 'ü'] };
    const kept = sealJson(sealsBy(one), value, place);
    expect(kept).toMatch(/^"v1\./);
    expect(openJson(sealsBy(one), JSON.parse(kept), place)).toEqual(value);
  });
});

test('with "none" before the keys nothing is sealed, and what was sealed opens', () => {
  const opening = createFieldSeals({ keys: [one], sealing: false });
  expect([opening.seal(ein, place), opening.newest]).toEqual([ein, null]);
  expect(sealJson(opening, { ein }, place)).toBe(JSON.stringify({ ein }));
  expect(opening.open(sealsBy(one).seal(ein, place), place)).toBe(ein);
});

test('equal values of a tenant have equal indexes; those of another tenant, column or key have not', () => {
  const index = createBlindIndex([one]);
  const own = index.of(ein, place);
  expect(index.of(ein, place)).toBe(own);
  expect(own).not.toContain('3456789');
  const others = [
    index.of('12-3456780', place),
    index.of(ein, { ...place, tenantId: 't2' }),
    index.of(ein, { ...place, column: 'deals.owner_ssn_last4' }),
    createBlindIndex([two]).of(ein, place),
  ];
  expect(new Set([own, ...others]).size).toBe(5);
  const both = createBlindIndex([two, one]);
  expect(both.all(ein, place)).toEqual([both.of(ein, place), own]);
});

describe('FIELD_ENCRYPTION_KEY', () => {
  const read = (text: string) => fieldVariables.FIELD_ENCRYPTION_KEY.safeParse(text);
  const [first, second] = [one.toString('base64'), two.toString('base64url')];

  test.each([
    [`${first}, ${second}`, { keys: [one, two], sealing: true }],
    [`none,${first}`, { keys: [one], sealing: false }],
    ['none', { keys: [], sealing: false }],
  ])('takes keys with commas, the first of which seals, or none', (text, keys) => {
    expect(read(text).data).toEqual(keys);
  });

  test.each(['', 'changeme', `${first},none`, `${first},${randomBytes(16).toString('base64')}`])(
    'refuses what is no such list: %j',
    (text) => {
      expect(read(text).success).toBe(false);
    },
  );
});
