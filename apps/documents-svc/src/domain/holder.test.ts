import { expect, test } from 'vitest';
import { compareHolder, holderDiffers } from './holder.ts';
import { unreadableStatement } from './statement-set.ts';

test.each([
  ['PRAIRIE BAKERY LLC', 'Prairie Bakery, L.L.C.'],
  ['PRAIRIE BAKERY', 'Prairie Bakery LLC'],
  ['PRAIRIE BAKERY AND CATERING OF SPRINGF', 'Prairie Bakery and Catering of Springfield Inc'],
  ["JOE'S GARAGE", 'Joes Garage LLC'],
  ['BLUEHERON MARINE', 'Blue Heron Marine Services Inc.'],
  ['CAFÉ OLÉ INC', 'Cafe Ole'],
  ['Smith & Sons Co', 'SMITH AND SONS COMPANY'],
  ['THE TRUST', 'The Trust Company'],
])('%s and %s count as one company', (holder, legalName) => {
  expect(holderDiffers(holder, legalName)).toBe(false);
});

test.each([
  ['JANE Q PUBLIC', 'Prairie Bakery LLC'],
  ['RIVERSIDE TRUCKING LLC', 'Prairie Bakery LLC'],
  ['GOLDEN GATE DINER INC', 'Golden Lotus Spa Inc'],
])('%s is clearly not %s', (holder, legalName) => {
  expect(holderDiffers(holder, legalName)).toBe(true);
});

test('a statement of somebody else says so beside the figures, and one without a holder does not', () => {
  const statement = { ...unreadableStatement('scanned', 'A picture.'), holder: 'JANE Q PUBLIC' };
  const compared = compareHolder(statement, 'Prairie Bakery LLC');
  expect(compared.flags.map(({ code, field }) => [code, field])).toEqual([
    ['scanned', undefined],
    ['holder-differs', 'holder'],
  ]);
  expect(compareHolder({ ...statement, holder: null }, 'Prairie Bakery LLC').flags).toHaveLength(1);
});
