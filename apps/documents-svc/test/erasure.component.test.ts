import { randomUUID } from 'node:crypto';
import { erasureOf } from '@uw-wizard/shared/contracts/erasure';
import { erasureOfMerchant, sayErased } from '@uw-wizard/testkit/erasure';
import { eventually } from '@uw-wizard/testkit/eventually';
import { whileOpened } from '@uw-wizard/testkit/rests-in';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sealedColumns } from '../src/data/sealed-columns.ts';
import { answerOf, type FormFile, goodFiles, type Harness, legalName, startHarness } from './harness.ts';

let house: Harness;
let files: FormFile[];
beforeAll(async () => {
  house = await startHarness();
  files = await goodFiles();
});
afterAll(() => house.stop());

/** A merchant's new deal with three statements. */
async function uploaded() {
  const ids = { dealId: randomUUID(), merchantId: randomUUID() };
  house.deals.set(`demo/${ids.dealId}`, {
    merchantId: ids.merchantId,
    status: 'open',
    time: '2026-11-21T10:00:00.000Z',
  });
  const { status, body } = await house.upload(files, { ...ids, key: ids.dealId });
  expect(status).toBe(200);
  return { ...ids, documentId: String(body.documents[0].document_id) };
}

const erasure = (of: { dealId: string; merchantId: string }, ask = 1) =>
  erasureOfMerchant({ tenantId: 'demo', merchantId: of.merchantId, dealIds: [of.dealId], ask });

async function answersAbout({ merchantId }: { merchantId: string }) {
  const told = (await house.facts()).filter(({ subject }) => subject === erasureOf(merchantId));
  return told.map(({ type, data }) => ({ type, ...data }));
}

/** Which tables say something about the deal's people. */
function tablesWith(texts: readonly string[], dealId: string): Promise<string[]> {
  return whileOpened(house.database, sealedColumns, house, () => openTablesWith(texts, dealId));
}

async function openTablesWith(texts: readonly string[], dealId: string): Promise<string[]> {
  const found: string[] = [];
  for (const table of ['statement_sets', 'documents', 'statements', 'outbox', 'idempotency']) {
    const rows = await house.database.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t`);
    const own = rows.filter(({ row }) => table === 'statements' || row.includes(dealId));
    if (own.some(({ row }) => texts.some((text) => row.includes(text)))) found.push(table);
  }
  return found;
}

test("an erased merchant's statements are gone with their files, told once however often it is said, and nobody else's are", async () => {
  const gone = await uploaded();
  const texts = [legalName, String(files[0]?.name)];
  expect(await tablesWith(texts, gone.dealId)).toEqual(['statement_sets', 'documents', 'statements', 'idempotency']);
  const event = erasure(gone);
  await sayErased(house.bus, event);
  await sayErased(house.bus, event);
  await eventually(async () =>
    expect(await answersAbout(gone)).toMatchObject([{ type: 'document.erased', ask: 1, files: 3 }]),
  );
  expect(await tablesWith(texts, gone.dealId)).toEqual([]);
  expect((await house.kept()).stored).toEqual([]);
  const content = await answerOf(await house.call(`/api/documents/${gone.documentId}/content`));
  expect([content.status, content.body.code]).toEqual([410, 'merchant-erased']);
  const { body } = await answerOf(await house.call(`/api/documents/${gone.documentId}`));
  expect(body).toMatchObject({
    filename: '[erased]',
    statement: { holder: null, account_last4: null, deposits_cents: expect.any(Number) },
  });

  const kept = await uploaded();
  await sayErased(house.bus, erasure(gone, 2));
  await eventually(async () => expect(await answersAbout(gone)).toMatchObject([{ ask: 1 }, { ask: 2, files: 0 }]));
  expect((await house.call(`/api/documents/${kept.documentId}/content`)).status).toBe(200);
});

test('an upload that comes late is refused and leaves no rows, and a repeat of an earlier one names nobody', async () => {
  const gone = await uploaded();
  await sayErased(house.bus, erasure(gone));
  await eventually(async () => expect(await answersAbout(gone)).toHaveLength(1));
  const before = await house.kept();
  // The owner of deals has not heard of it, or said yes just before.
  const late = await house.upload(files, gone);
  expect([late.status, late.body.code]).toEqual([410, 'merchant-erased']);
  expect(await house.kept()).toMatchObject({ sets: before.sets, documents: before.documents, spooled: [] });
  const repeat = await house.upload(files, { ...gone, key: gone.dealId });
  expect(repeat.status).toBe(200);
  expect(repeat.text).not.toContain(legalName);
});

test('asks that come out of order are taken in order, and the last one is answered', async () => {
  const gone = await uploaded();
  const second = sayErased(house.bus, erasure(gone, 2));
  await sayErased(house.bus, erasure(gone, 1));
  await second;
  await eventually(async () => expect((await answersAbout(gone)).at(-1)).toMatchObject({ ask: 2 }));
});

test('an erasure that cannot be read is kept as a dead letter, and people are told that somebody may not be erased', async () => {
  const event = erasure({ dealId: randomUUID(), merchantId: randomUUID() });
  await sayErased(house.bus, { ...event, data: { merchant_id: 'everybody' } });
  await eventually(async () => {
    expect(await house.database.query('SELECT type FROM dead_letter WHERE id = $1', [event.id])).toEqual([
      { type: 'merchant.erased' },
    ]);
    const alerts = (await house.facts()).filter(({ type }) => type === 'document.alerted');
    expect(alerts.map(({ data }) => data)).toMatchObject([{ severity: 'critical', code: 'event-given-up' }]);
  });
});
