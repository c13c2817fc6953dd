import { createHmac } from 'node:crypto';
import { maxJsonDepth, maxJsonMembers } from '@uw-wizard/shared/platform/read-json';
import { expect, test } from 'vitest';
import { announced, database, dealId, merchantPhone, send, startSms, stopSms, useSms, webhook } from './sms.ts';

useSms();

test('status reports move a text on, in any order and any number of times, once each', async () => {
  const { body } = await send({ deal_id: dealId });
  const report = (status: string) => webhook({ type: 'status', message_id: body.message_id, status });
  expect((await report('delivered')).body).toEqual({ ok: true, action: 'status' });
  expect((await report('sent')).body.action).toBe('duplicate');
  expect((await report('delivered')).body.action).toBe('duplicate');
  expect((await webhook({ type: 'status', message_id: 'nobody-knows', status: 'delivered' })).body).toEqual({
    ok: true,
    action: 'status',
    matched: false,
  });
  expect(await announced()).toEqual(['sms.sent', 'sms.delivered']);
});

test("a failed delivery is announced with the provider's reason", async () => {
  const { body } = await send();
  await webhook({ type: 'status', message_id: body.message_id, status: 'undelivered', error: '30003' });
  const rows = await database.query("SELECT envelope->'data'->>'error' AS error FROM outbox WHERE type = 'sms.failed'");
  expect(rows).toEqual([{ error: '30003' }]);
});

test('with a webhook secret only a body signed with it is believed', async () => {
  await stopSms();
  await startSms({ webhookSecrets: ['old', 'new'] });
  const body = JSON.stringify({ type: 'inbound', from: merchantPhone, text: 'STOP' });
  const sign = (secret: string) => createHmac('sha256', secret).update(body).digest('hex');
  const wrong: Record<string, string>[] = [
    {},
    { 'x-cherry-signature': sign('wrong') },
    { 'x-cherry-signature': sign('new').slice(1) },
    { 'x-cherry-signature': 'é'.repeat(64) },
    { 'x-cherry-signature': '' },
  ];
  for (const headers of wrong) expect((await webhook(body, headers)).body.code).toBe('invalid-signature');
  expect((await send()).status).toBe(200);
  for (const secret of ['old', 'new'])
    expect((await webhook(body, { 'x-cherry-signature': sign(secret) })).body.action).toBe('opted_out');
  expect((await send()).body.code).toBe('recipient-opted-out');
});

test('a webhook body that cannot be read is refused and changes nothing', async () => {
  const deep = `${'['.repeat(maxJsonDepth)}${']'.repeat(maxJsonDepth)}`;
  const stop = `{"type": "inbound", "from": "${merchantPhone}", "text": "STOP"`;
  const wide = JSON.stringify(Array(maxJsonMembers).fill(0));
  for (const body of [
    '{"type":',
    `${stop}, "__proto__": {}}`,
    `${stop}, "more": ${deep}}`,
    `${stop}, "more": ${wide}}`,
  ]) {
    expect((await webhook(body)).body.code, body.slice(0, 100)).toBe('invalid-json');
  }
  expect((await webhook({ type: 'inbound', text: 'STOP' })).body.code).toBe('validation-failed');
  expect((await webhook({ type: 'inbound', from: 'nobody', text: 'STOP' })).body.code).toBe('invalid-phone');
  expect(await announced()).toEqual([]);
});
