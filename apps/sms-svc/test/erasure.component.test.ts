import { randomUUID } from 'node:crypto';
import { erasureOf } from '@uw-wizard/shared/contracts/erasure';
import { numberSubject } from '@uw-wizard/shared/platform/number-subject';
import { erasureOfMerchant } from '@uw-wizard/testkit/erasure';
import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { database, dealId, inbound, ledger, merchantPhone, sayErasedHere, send, useSms } from './sms.ts';

useSms();

const merchantId = randomUUID();
const other = { merchantId: randomUUID(), phone: '+12125550188' };

function erasure(more: { ask?: number; numbers?: string[] } = {}) {
  return erasureOfMerchant({ tenantId: 'demo', merchantId, dealIds: [dealId], ...more });
}

async function answers(): Promise<object[]> {
  const rows = await database.query<{ data: object }>(
    `SELECT envelope->'data' AS data FROM outbox WHERE type = 'sms.erased' AND subject = $1 ORDER BY sequence`,
    [erasureOf(merchantId)],
  );
  return rows.map(({ data }) => data);
}

/** Tables that have one of the texts in a row. */
async function tablesWith(...texts: string[]): Promise<string[]> {
  const found: string[] = [];
  for (const table of [
    'messages',
    'mock_messages',
    'consents',
    'number_blocks',
    'block_lifts',
    'outbox',
    'idempotency',
  ]) {
    const rows = await database.query<{ row: string }>(`SELECT to_jsonb(t)::text AS row FROM ${table} t`);
    if (rows.some(({ row }) => texts.some((text) => row.includes(text)))) found.push(table);
  }
  return found;
}

test("an erased merchant's texts lose number and words, with or without a deal, once; another's stay", async () => {
  await send({ deal_id: dealId, body: 'Dear Ann, sign' }, { key: 'k-1' });
  await send({ to: other.phone, body: 'Dear Bob, sign' });
  await inbound('Ann here, call me');
  await database.query(
    `INSERT INTO consents (tenant_id, number, category, granted, source) VALUES ('demo', $1, 'marketing', true, 'web')`,
    [merchantPhone],
  );
  expect(await tablesWith(merchantPhone, 'Ann')).toEqual(['messages', 'mock_messages', 'consents', 'idempotency']);

  const event = erasure();
  await sayErasedHere(event);
  await sayErasedHere(event);
  await eventually(async () => expect(await answers()).toMatchObject([{ ask: 1 }]));
  expect(await tablesWith(merchantPhone, 'Ann')).toEqual([]);
  const kept = await database.query('SELECT status, segments FROM messages WHERE number = $1', ['[erased]']);
  expect(kept).toHaveLength(2);
  expect((await ledger()).map(({ body }) => body.includes('Dear Bob'))).toEqual([false, true]);
  const repeat = await send({ deal_id: dealId, body: 'Dear Ann, sign' }, { key: 'k-1' });
  expect([repeat.status, repeat.body.to, repeat.body.body]).toEqual([200, '[erased]', '[erased]']);
});

test('a text that names no deal is found by its number, unless it is about another merchant; who said STOP is left alone still', async () => {
  await send({ body: 'Dear Ann, hello' });
  await send({ to: other.phone, body: 'Dear Bob, hello' });
  await database.query('UPDATE messages SET merchant_id = $1 WHERE number = $2', [other.merchantId, other.phone]);
  await inbound('STOP');
  await sayErasedHere(erasure({ numbers: [merchantPhone, other.phone].map(numberSubject) }));
  await eventually(async () => expect(await answers()).toHaveLength(1));
  expect(await tablesWith(merchantPhone, 'Ann')).toEqual(['number_blocks']);
  const texted = await send({ body: 'Hello again' });
  expect([texted.status, texted.body.code]).toEqual([409, 'recipient-opted-out']);
  expect(await tablesWith(other.phone)).toEqual(['messages', 'mock_messages']);
  expect(await database.query('SELECT numbers FROM erased_merchant')).toEqual([{ numbers: [] }]);
});

test('a text that is under way is waited for, and then goes with the others', async () => {
  await send({ deal_id: dealId, body: 'Dear Ann' });
  await database.query(`UPDATE messages SET status = 'intent'`);
  await sayErasedHere(erasure());
  await eventually(async () => expect(await database.query('SELECT asked FROM erased_merchant')).toHaveLength(1));
  expect(await answers()).toEqual([]);
  await database.query(`UPDATE messages SET status = 'sent'`);
  await eventually(async () => expect(await answers()).toHaveLength(1));
  expect(await tablesWith('Ann')).toEqual([]);
});

test('a text to a deal that was erased meanwhile is not sent, and one from its number is from somebody new', async () => {
  await send({ deal_id: dealId });
  const [sent] = await database.query<{ merchant_id: string }>('SELECT merchant_id FROM messages');
  const event = erasureOfMerchant({ tenantId: 'demo', merchantId: String(sent?.merchant_id), dealIds: [dealId] });
  await sayErasedHere(event);
  await eventually(async () =>
    expect(await database.query('SELECT FROM messages WHERE number = $1', [merchantPhone])).toEqual([]),
  );
  await inbound('Is anybody there?');
  expect(await database.query('SELECT deal_id, merchant_id FROM messages WHERE number = $1', [merchantPhone])).toEqual([
    { deal_id: null, merchant_id: null },
  ]);
});

test('asks that come out of order are taken in order, and one that cannot be read becomes a dead letter', async () => {
  const second = sayErasedHere(erasure({ ask: 2 }));
  await sayErasedHere(erasure());
  await second;
  await eventually(async () => expect((await answers()).at(-1)).toMatchObject({ ask: 2 }));
  await sayErasedHere({ ...erasure({ ask: 3 }), data: { ask: 3 } });
  await eventually(async () =>
    expect(await database.query('SELECT type FROM dead_letter')).toEqual([{ type: 'merchant.erased' }]),
  );
  expect(await database.query(`SELECT type FROM outbox WHERE type = 'sms.alerted'`)).toHaveLength(1);
});
