import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { erasureOf } from '@uw-wizard/shared/contracts/erasure';
import { erasureOfMerchant, sayErased } from '@uw-wizard/testkit/erasure';
import { eventually } from '@uw-wizard/testkit/eventually';
import { whileOpened } from '@uw-wizard/testkit/rests-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { type FakeDeal, type Harness, person, startHarness } from './harness.ts';

let house: Harness;
let desk: Awaited<ReturnType<Harness['replica']>>;
beforeAll(async () => {
  house = await startHarness();
  desk = await house.replica();
});
afterAll(() => house.stop());

const people = ['jane@merchant.example', 'Jane Núñez', 'Żółw Café', 'Corner Café', '12-3456789'];

function erasure({ tenantId, merchantId, dealId }: FakeDeal, ask = 1) {
  return erasureOfMerchant({ tenantId, merchantId, dealIds: [dealId], ask });
}

async function answers(deal: FakeDeal): Promise<Record<string, unknown>[]> {
  return (await house.facts('sign.erased', erasureOf(deal.merchantId))).map(({ data }) => data);
}

/** A deal whose agreement is signed and kept. */
async function signedDeal(): Promise<FakeDeal> {
  const { deal, id } = await house.sentDeal(desk);
  await desk.call('POST', `/mock/envelopes/${id}/sign`, person(deal.tenantId));
  await eventually(async () => expect((await house.envelopeOf(deal))?.signed_key).toEqual(expect.any(String)));
  return deal;
}

/** Tables that name one of the people in a row of the deal. */
const opened = <T>(look: () => Promise<T>) => whileOpened(house.db, sealedColumns, house.config, look);
const tablesNaming = (deal: FakeDeal): Promise<string[]> => opened(() => openTablesNaming(deal));

async function openTablesNaming(deal: FakeDeal): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['envelopes', 'mock_envelopes', 'mock_callbacks', 'webhook_events', 'outbox', 'idempotency']) {
    const rows = await house.db.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t`);
    const envelope = await house.envelopeOf(deal);
    const ids = [deal.dealId, deal.merchantId, String(envelope?.id), String(envelope?.provider_envelope_id)];
    const own = rows.filter(({ row }) => ids.some((id) => row.includes(id)));
    if (own.some(({ row }) => people.some((text) => row.includes(text)))) found.push(table);
  }
  return found;
}

const filesOf = ({ tenantId, dealId }: FakeDeal) =>
  readdir(join(house.folder, 'agreements', tenantId, dealId)).catch(() => []);

test("an erased merchant's agreements are gone, here and at the mock provider, told once; another's stay", async () => {
  const [gone, kept] = [await signedDeal(), await signedDeal()];
  expect(await tablesNaming(gone)).toEqual(['envelopes', 'mock_envelopes']);
  expect(await filesOf(gone)).toHaveLength(2);
  const event = erasure(gone);
  await sayErased(house.bus, event);
  await sayErased(house.bus, event);
  await eventually(async () => expect(await answers(gone)).toMatchObject([{ ask: 1, files: 2 }]));
  expect(await tablesNaming(gone)).toEqual([]);
  expect(await filesOf(gone)).toEqual([]);
  expect(await opened(() => house.envelopeOf(gone))).toMatchObject({
    state: 'signed',
    signed_key: null,
    terms: { owner_name: null },
  });
  expect(await filesOf(kept)).toHaveLength(2);
  expect(await tablesNaming(kept)).toContain('envelopes');

  const late = await desk.send(house.addDeal(gone.tenantId, { merchantId: gone.merchantId }), 'jane@merchant.example');
  expect([late.status, late.body.code]).toEqual([410, 'merchant-erased']);
  await sayErased(house.bus, erasure(gone, 2));
  await eventually(async () => expect(await answers(gone)).toMatchObject([{ ask: 1 }, { ask: 2, files: 0 }]));
});

test('an agreement that is still out is not erased until it has ended', async () => {
  const { deal, id } = await house.sentDeal(desk);
  await sayErased(house.bus, erasure(deal));
  const noted = 'SELECT FROM erased_merchant WHERE merchant_id = $1';
  await eventually(async () => expect(await house.db.query(noted, [deal.merchantId])).toHaveLength(1));
  expect(await answers(deal)).toEqual([]);
  expect(await filesOf(deal)).toHaveLength(1);
  await desk.call('POST', `/mock/envelopes/${id}/decline`, person(deal.tenantId));
  await eventually(async () => expect(await answers(deal)).toHaveLength(1));
  expect(await tablesNaming(deal)).toEqual([]);
  expect(await filesOf(deal)).toEqual([]);
});

test('a signed document that was not fetched yet is fetched no more', async () => {
  const deal = await signedDeal();
  await sayErased(house.bus, erasure(deal));
  await eventually(async () => expect(await answers(deal)).toHaveLength(1));
  await house.hurryTo(deal, 1);
  await eventually(async () => {
    const [row] = await house.db.query<{ tries: number }>(
      'SELECT step_attempts AS tries FROM envelopes WHERE deal_id = $1',
      [deal.dealId],
    );
    expect(row?.tries).toBe(2);
  });
  expect(await filesOf(deal)).toEqual([]);
});

test('asks that come out of order are taken in order, and one that cannot be read becomes a dead letter and an alert', async () => {
  const deal = house.addDeal();
  const second = sayErased(house.bus, erasure(deal, 2));
  await sayErased(house.bus, erasure(deal, 1));
  await second;
  await eventually(async () => expect((await answers(deal)).at(-1)).toMatchObject({ ask: 2 }));
  const unreadable = { ...erasure(deal, 3), data: {} };
  await sayErased(house.bus, unreadable);
  await eventually(async () =>
    expect(await house.db.query('SELECT type FROM dead_letter WHERE id = $1', [unreadable.id])).toEqual([
      { type: 'merchant.erased' },
    ]),
  );
  expect(await house.facts('sign.alerted', erasureOf(deal.merchantId))).toMatchObject([
    { data: { severity: 'critical', code: 'event-given-up' } },
  ]);
});
