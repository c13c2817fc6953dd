import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldText, normaliseName, normalisePerson } from './names.ts';

describe('the name a company is recognised by', () => {
  test.each([
    ['Acme Foods, Inc.', 'acme foods'],
    ['ACME  FOODS LLC', 'acme foods'],
    ['Acme Foods L.L.C.', 'acme foods'],
    ['The Acme Foods Company, Ltd.', 'acme foods'],
    ['Smith & Sons Corp', 'smith and sons'],
    ['Smith and Sons', 'smith and sons'],
    ['Smith & Co.', 'smith'],
    ['Café Zoë', 'cafe zoe'],
    ['Ｊｏｅ’ｓ Pizza', 'joes pizza'],
    ["Joe's Pizza", 'joes pizza'],
    ['Straße Bakery', 'strasse bakery'],
    ['Company Inc', 'company'],
    ['The', 'the'],
    ['東京 Foods', '東京 foods'],
    ['!!!', '!!!'],
  ])('%s is recognised as %s', (name, expected) => {
    expect(normaliseName(name)).toBe(expected);
  });

  test('recognising a recognised name changes nothing, whatever the characters', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (name) => {
        expect(foldText(foldText(name))).toBe(foldText(name));
        expect(normaliseName(normaliseName(name))).toBe(normaliseName(name));
      }),
    );
  });

  test('case and surrounding space never make another company', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9 &.'-]{1,40}$/), (name) => {
        expect(normaliseName(`  ${name.toUpperCase()} `)).toBe(normaliseName(name.toLowerCase()));
      }),
    );
  });

  test('a name that is all legal form keeps a word, so that two such companies are not the same empty name', () => {
    expect(normaliseName('LLC')).toBe('llc');
    expect(normaliseName('Co Inc')).toBe('co');
  });

  test('a person is the same in either order of names', () => {
    expect(normalisePerson('Doe, Jané')).toBe(normalisePerson('jane DOE'));
  });
});
