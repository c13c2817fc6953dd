import { createFieldSeals } from '@uw-wizard/shared/platform/field-encryption';
import { reseal } from '@uw-wizard/shared/platform/reseal';
import { restsIn } from '@uw-wizard/testkit/rests-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { acceptedTerms } from './deal.ts';
import { type Harness, startHarness } from './harness.ts';

let house: Harness;
beforeAll(async () => {
  house = await startHarness();
});
afterAll(() => house.stop());

test('the EIN of an agreement rests nowhere in the database, and a house from before is sealed while it runs', async () => {
  const desk = await house.replica();
  const deal = house.addDeal();
  const ein = acceptedTerms().merchant.ein?.replace('-', '-?') ?? '';
  const send = async () => (await desk.send(deal, 'jane@merchant.example')).body.envelope_id;
  const envelopeId = await send();
  expect(envelopeId).toEqual(expect.any(String));
  expect(await restsIn(house.db, ein)).toEqual([]);

  const { keys } = house.config.fieldKeys;
  const run = (sealing: boolean) =>
    reseal(house.db.ownerUrl, sealedColumns, { seals: createFieldSeals({ keys, sealing }) }, () => undefined);
  expect(await run(false)).toBe(0);
  expect(await restsIn(house.db, ein)).toEqual(['envelopes.terms']);
  expect(await send(), 'the plain row is read').toBe(envelopeId);
  expect(await run(true)).toBe(0);
  expect(await restsIn(house.db, ein)).toEqual([]);
  expect(await send()).toBe(envelopeId);
});
