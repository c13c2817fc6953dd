import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import {
  announced,
  baseUrl,
  database,
  dealId,
  inbound,
  ledger,
  merchantPhone,
  ourNumber,
  post,
  send,
  startSms,
  stopSms,
  useSms,
} from './sms.ts';

useSms();

test('a text goes out with the STOP footer, and is announced once', async () => {
  const { status, body } = await send({ deal_id: dealId });
  expect(status).toBe(200);
  expect(body).toMatchObject({
    status: 'sent',
    to: merchantPhone,
    body: 'Your offer is ready.\nReply STOP to opt out.',
    segments: 1,
    encoding: 'GSM-7',
  });
  expect(await ledger()).toEqual([{ number: merchantPhone, body: body.body }]);
  const rows = await database.query(
    "SELECT DISTINCT type, envelope->>'dealid' AS deal, envelope::text LIKE '%5550123%' AS leaks FROM outbox ORDER BY type",
  );
  expect(rows).toEqual([
    { type: 'audit.recorded', deal: null, leaks: false },
    { type: 'sms.sent', deal: dealId, leaks: false },
  ]);
});

test('a deal named in capitals is the same deal', async () => {
  expect((await send({ deal_id: dealId.toUpperCase() })).status).toBe(200);
  const rows = await database.query("SELECT subject, envelope->>'dealid' AS deal FROM outbox WHERE type = 'sms.sent'");
  expect(rows).toEqual([{ subject: dealId, deal: dealId }]);
});

test('a call sent twice with one key is one text and the same answer, byte for byte', async () => {
  const first = await send({}, { key: 'k1' });
  const second = await send({}, { key: 'k1' });
  expect(second.text).toBe(first.text);
  expect(second.headers.get('idempotent-replayed')).toBe('true');
  expect(await ledger()).toHaveLength(1);
  expect((await send({}, { key: 'k1', fp: 'other' })).body.code).toBe('idempotency-key-reused');
});

test('twenty calls at once with one key are one text', async () => {
  const answers = await Promise.all(Array.from({ length: 20 }, () => send({}, { key: 'k2' })));
  expect(new Set(answers.map((answer) => answer.text)).size).toBe(1);
  expect(await ledger()).toHaveLength(1);
});

test('a call that died after the provider had the text is finished without a second text', async () => {
  await stopSms();
  let die = true;
  await startSms({}, (kind) => {
    if (kind === 'provider-call' && die) throw new Error('the process died here');
  });
  expect((await send({}, { key: 'k3' })).body.code).toBe('sms-provider-failed');
  die = false;
  const again = await send({}, { key: 'k3' });
  expect(again.status).toBe(200);
  expect(await ledger()).toHaveLength(1);
  expect(await announced()).toEqual(['sms.sent']);
});

test.each([
  [{ to: '12' }, 'invalid-phone', 422],
  [{ to: 5 }, 'validation-failed', 422],
  [{ body: '   ' }, 'validation-failed', 422],
  [{ body: 'x'.repeat(1601) }, 'validation-failed', 422],
  [{ category: 'spam' }, 'validation-failed', 422],
  [{ deal_id: randomUUID() }, 'deal-not-found', 404],
])('a text that cannot be sent says why: %j', async (more, code, status) => {
  const answer = await send(more);
  expect([answer.status, answer.body.code]).toEqual([status, code]);
  expect(await ledger()).toEqual([]);
});

test('nobody without an identity sends or reports anything', async () => {
  const response = await fetch(`${baseUrl()}/api/sms/cherry/send`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(401);
  expect((await post('/api/sms/cherry/send', {}, { kind: 'anonymous' })).status).toBe(401);
  expect((await post('/api/sms/cherry/webhook', {}, { kind: 'key' })).body.code).toBe('forbidden');
});

test("another tenant's deal does not exist", async () => {
  expect((await send({ deal_id: dealId }, { tenant: 'other' })).body.code).toBe('deal-not-found');
});

test("a marketing text needs the recipient's consent, and a STOP takes it away", async () => {
  expect((await send({ category: 'marketing' })).body.code).toBe('consent-missing');
  await database.query("INSERT INTO consents VALUES ('demo', $1, 'marketing', true, 'form', now(), NULL)", [
    merchantPhone,
  ]);
  expect((await send({ category: 'marketing' })).status).toBe(200);
  await inbound('STOP', { to: ourNumber });
  const rows = await database.query('SELECT granted FROM consents');
  expect(rows).toEqual([{ granted: false }]);
});

test('a START never grants marketing that nobody had agreed to', async () => {
  await inbound('STOP');
  await inbound('START');
  expect((await send({ category: 'marketing' })).body.code).toBe('consent-missing');
});

test('at most ten texts an hour go to one number, and sixty a minute from one tenant', async () => {
  for (let sent = 0; sent < 10; sent += 1) expect((await send()).status).toBe(200);
  const refused = await send();
  expect([refused.status, refused.body.code, refused.headers.get('retry-after')]).toEqual([
    429,
    'rate-limited',
    '3600',
  ]);
  const others = await Promise.all(
    Array.from({ length: 55 }, (_, index) => send({ to: `+1212555${String(1000 + index)}` })),
  );
  expect(others.filter((answer) => answer.status === 200)).toHaveLength(50);
  expect((await send({}, { tenant: 'other' })).status).toBe(200);
});

test('a key is free again a day later: the same call is a new text', async () => {
  await send({}, { key: 'k4' });
  await database.query("UPDATE messages SET created_at = now() - interval '25 hours'");
  await database.query("UPDATE idempotency SET created_at = now() - interval '25 hours'");
  expect((await send({}, { key: 'k4' })).headers.get('idempotent-replayed')).toBeNull();
  expect(await ledger()).toHaveLength(2);
});
