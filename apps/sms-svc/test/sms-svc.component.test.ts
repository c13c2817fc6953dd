import { createHmac, randomUUID } from 'node:crypto';
import { dealExists } from '@uw-wizard/shared/contracts/asks';
import { DomainError } from '@uw-wizard/shared/errors';
import { answerAsk } from '@uw-wizard/shared/platform/ask';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { createMemoryBus } from '@uw-wizard/shared/platform/bus-memory';
import type { OnEdge } from '@uw-wizard/shared/platform/edges';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import type { Service } from '@uw-wizard/shared/platform/service';
import { runWorkers, type Stoppable } from '@uw-wizard/shared/platform/worker';
import { eventually } from '@uw-wizard/testkit/eventually';
import { serve } from '@uw-wizard/testkit/http';
import { createTestIdentities } from '@uw-wizard/testkit/identity';
import { createTestDatabase, type TestDatabase } from '@uw-wizard/testkit/postgres';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { SmsConfig } from '../src/config.ts';
import { createSmsService, migrationsFolder } from '../src/service.ts';

const identities = await createTestIdentities();
const log = createLogger({ service: 'sms-svc', level: 'silent' });
const merchantPhone = '+12125550123';
const ourNumber = '+12125550100';
const dealId = '01890a5d-ac96-774b-bcce-b302099a8057';

let database: TestDatabase;
let bus: Bus;
let service: Service;
let workers: Stoppable;
let http: { baseUrl: string; stop(): Promise<void> };

async function startSms(more: Partial<SmsConfig> = {}, onEdge?: OnEdge): Promise<void> {
  const config: SmsConfig = {
    databaseUrl: database.url,
    publicUrl: 'http://localhost',
    identityPublicKeys: [identities.publicKeyPem],
    provider: 'mock',
    webhookSecrets: [],
    sender: ourNumber,
    senderName: 'UW Wizard',
    bootstrapTenantId: 'demo',
    limits: { tenantPerMinute: 60, recipientPerHour: 10 },
    ...more,
  };
  service = await createSmsService(config, { bus, log, ...(onEdge === undefined ? {} : { onEdge }) });
  workers = runWorkers(service.workers);
  http = await serve(service.app);
}

async function stopSms(): Promise<void> {
  await http.stop();
  await workers.stop();
  await service.close();
}

beforeEach(async () => {
  database = await createTestDatabase(migrationsFolder);
  bus = createMemoryBus();
  await answerAsk(bus, log, dealExists, async ({ deal_id, tenant_id }) => {
    if (deal_id !== dealId || tenant_id !== 'demo')
      throw new DomainError(
        { code: 'deal-not-found', status: 404, title: 'There is no such deal' },
        'No deal has this id.',
      );
    return { deal_id, merchant_id: randomUUID(), status: 'open' as const, deal_time: '2026-11-21T10:00:00.000Z' };
  });
  await startSms();
});

afterEach(async () => {
  await stopSms();
  await bus.close();
  await database.drop();
});

type Who = { tenant?: string; key?: string; fp?: string; kind?: 'key' | 'provider' | 'anonymous' };

async function post(
  path: string,
  body: unknown,
  { tenant = 'demo', key, fp = 'f', kind = 'key' }: Who = {},
  headers: Record<string, string> = {},
) {
  const caller = kind === 'key' ? { tenant, role: 'analyst' as const } : {};
  const identity = { kind, sub: 'caller', rid: 'r-1', ...caller, ...(key === undefined ? {} : { key, fp }) };
  const response = await fetch(`${http.baseUrl}${path}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(await identities.header('sms-svc', identity)), ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, body: JSON.parse(text) };
}

const send = (more: object = {}, who: Who = {}) =>
  post('/api/sms/cherry/send', { to: merchantPhone, body: 'Your offer is ready.', ...more }, who);
const webhook = (body: unknown, headers: Record<string, string> = {}) =>
  post('/api/sms/cherry/webhook', body, { kind: 'provider' }, headers);
const inbound = (text: string, more: object = {}) => webhook({ type: 'inbound', from: merchantPhone, text, ...more });

async function ledger(): Promise<{ number: string; body: string }[]> {
  return (await database.query('SELECT number, body FROM mock_messages ORDER BY created_at')) as {
    number: string;
    body: string;
  }[];
}
async function announced(): Promise<string[]> {
  return (await database.query('SELECT type FROM outbox ORDER BY created_at, id')).map((row) => String(row.type));
}

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
    "SELECT envelope->>'dealid' AS deal, envelope::text LIKE '%5550123%' AS leaks FROM outbox",
  );
  expect(rows).toEqual([{ deal: dealId, leaks: false }]);
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
  const response = await fetch(`${http.baseUrl}/api/sms/cherry/send`, { method: 'POST', body: '{}' });
  expect(response.status).toBe(401);
  expect((await post('/api/sms/cherry/send', {}, { kind: 'anonymous' })).status).toBe(401);
  expect((await post('/api/sms/cherry/webhook', {}, { kind: 'key' })).body.code).toBe('forbidden');
});

test("another tenant's deal does not exist", async () => {
  expect((await send({ deal_id: dealId }, { tenant: 'other' })).body.code).toBe('deal-not-found');
});

test('a STOP is in force, for every tenant, when its webhook has answered', async () => {
  const { body } = await inbound('Stop.', { to: ourNumber });
  expect(body).toEqual({ ok: true, action: 'opted_out' });
  for (const tenant of ['demo', 'other']) expect((await send({}, { tenant })).body.code).toBe('recipient-opted-out');
  await eventually(async () =>
    expect((await ledger()).map((text) => text.body)).toEqual([expect.stringContaining('unsubscribed')]),
  );
});

test('a repeated STOP, with another id or none, is answered the same and confirmed once', async () => {
  await send();
  for (const more of [{ id: 'in-1' }, { id: 'in-2' }, {}])
    expect((await inbound('STOP', more)).body.action).toBe('opted_out');
  expect((await inbound('STOP', { id: 'in-1' })).body.action).toBe('duplicate');
  await eventually(async () => expect(await ledger()).toHaveLength(2));
  expect((await announced()).filter((type) => type === 'consent.revoked')).toHaveLength(1);
});

test('ten STOPs at once are one confirmation', async () => {
  const answers = await Promise.all(Array.from({ length: 10 }, (_, index) => inbound('STOP', { id: `s-${index}` })));
  expect(answers.every((answer) => answer.body.action === 'opted_out')).toBe(true);
  await eventually(async () => expect(await ledger()).toHaveLength(1));
  expect((await announced()).filter((type) => type === 'consent.revoked')).toHaveLength(1);
});

test("a START lets the number's owner text again, and nobody else", async () => {
  await inbound('STOP', { to: ourNumber });
  expect((await inbound('start', { to: ourNumber })).body.action).toBe('opted_in');
  expect((await send()).status).toBe(200);
  expect((await send({}, { tenant: 'other' })).body.code).toBe('recipient-opted-out');
});

test('a START without our number lets everybody text again', async () => {
  await inbound('STOP');
  await inbound('UNSTOP');
  for (const tenant of ['demo', 'other']) expect((await send({}, { tenant })).status).toBe(200);
});

test('a STOP after a START stops again', async () => {
  for (const text of ['STOP', 'START', 'STOP']) await inbound(text, { to: ourNumber });
  expect((await send()).body.code).toBe('recipient-opted-out');
});

test('YES opts in only a number that had opted out', async () => {
  expect((await inbound('YES')).body.action).toBe('received');
  await inbound('STOP');
  expect((await inbound('yes!')).body.action).toBe('opted_in');
});

test('HELP is answered with who we are and how to stop, also after a STOP', async () => {
  await inbound('STOP');
  expect((await inbound('HELP')).body.action).toBe('help');
  await eventually(async () =>
    expect((await ledger()).map((text) => text.body)).toContainEqual(expect.stringMatching(/UW Wizard.*STOP/)),
  );
});

test('an ordinary text is kept with the deal it answers', async () => {
  await send({ deal_id: dealId });
  expect((await inbound('Sounds good, when can we talk?')).body.action).toBe('received');
  const rows = await database.query("SELECT tenant_id, deal_id FROM messages WHERE direction = 'inbound'");
  expect(rows).toEqual([{ tenant_id: 'demo', deal_id: dealId }]);
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
  expect((await webhook('{"type":')).body.code).toBe('invalid-json');
  expect((await webhook({ type: 'inbound', text: 'STOP' })).body.code).toBe('validation-failed');
  expect((await webhook({ type: 'inbound', from: 'nobody', text: 'STOP' })).body.code).toBe('invalid-phone');
  expect(await announced()).toEqual([]);
});
