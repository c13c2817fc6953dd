import { randomUUID } from 'node:crypto';
import { authAlerted } from '@uw-wizard/shared/contracts/auth';
import { documentAlerted } from '@uw-wizard/shared/contracts/documents';
import { signAlerted } from '@uw-wizard/shared/contracts/signing';
import { smsAlerted } from '@uw-wizard/shared/contracts/sms';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createWorld, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

const list = async (query = '', tenant = world.tenant) =>
  (await world.get(`/api/alerts${query}`, { identity: { tenant } })).body;

test('an alert raised by hand is active, announced, and on the deal’s timeline', async () => {
  const { dealId } = await startDeal(world);
  const { status, body } = await world.post('/api/alerts', {
    severity: 'warning',
    code: 'call-back',
    message: 'The owner asked to be called.',
    deal_id: dealId,
  });
  expect(status).toBe(201);
  expect(body).toEqual({
    alert_id: expect.any(String),
    severity: 'warning',
    code: 'call-back',
    message: 'The owner asked to be called.',
    deal_id: dealId,
    created_at: expect.any(String),
    dismissed_at: null,
    dismissed_by: null,
  });
  expect((await list(`?deal_id=${dealId}`)).data).toEqual([body]);
  const { body: events } = await world.get(`/api/deals/${dealId}/events`);
  expect(events.data[0]).toMatchObject({ type: 'alert.raised', data: { alert_id: body.alert_id } });
});

test('a message is enough for an alert about nothing in particular', async () => {
  const { body } = await world.post('/api/alerts', { message: 'Statements of Friday are late.' });
  expect(body).toMatchObject({ severity: 'info', code: 'note', deal_id: null });
});

test('a dismissed alert is gone from the active ones, with who and when; dismissing it again changes nothing', async () => {
  const { dealId } = await startDeal(world);
  const { body: alert } = await world.post('/api/alerts', { message: 'Look here.', deal_id: dealId });
  const path = `/api/alerts/${alert.alert_id}/dismiss`;
  const first = await world.post(path);
  expect(first.body).toEqual({ ...alert, dismissed_at: expect.any(String), dismissed_by: 'key-1' });
  const again = await world.post(path, undefined, { identity: { sub: 'key-2' } });
  expect(again.body).toEqual(first.body);
  expect((await list(`?deal_id=${dealId}`)).data).toEqual([]);
  expect((await list(`?deal_id=${dealId}&include_dismissed=true`)).data).toEqual([first.body]);
});

test('what any service wants people told becomes one alert, however often it is delivered', async () => {
  const { dealId } = await startDeal(world);
  const alert = { severity: 'critical', code: 'odd', message: 'Something is odd.' } as const;
  for (const contract of [documentAlerted, signAlerted, smsAlerted]) {
    const event = world.eventOf(contract, { dealId }, alert);
    await Promise.all([world.publish(event), world.publish(event)]);
  }
  const tenant = `t-${randomUUID().slice(0, 8)}`;
  await world.publish(world.eventOf(authAlerted, { subject: randomUUID(), tenant }, alert));
  expect((await list(`?deal_id=${dealId}`)).data).toHaveLength(3);
  expect((await list('', tenant)).data).toMatchObject([{ ...alert, deal_id: null }]);
  const raised = await world.database.query(
    `SELECT count(*)::int AS count FROM outbox WHERE type = 'alert.raised' AND subject = $1`,
    [dealId],
  );
  expect(raised).toEqual([{ count: 3 }]);
});

test('alerts come newest first, in pages', async () => {
  const tenant = `t-${randomUUID().slice(0, 8)}`;
  const identity = { tenant };
  for (const message of ['one', 'two', 'three']) await world.post('/api/alerts', { message }, { identity });
  const first = await list('?limit=2', tenant);
  const second = await list(`?limit=2&cursor=${first.next_cursor}`, tenant);
  const messages = [...first.data, ...second.data].map(({ message }: { message: string }) => message);
  expect(messages).toEqual(['three', 'two', 'one']);
  expect([first.has_more, second.has_more, second.next_cursor]).toEqual([true, false, null]);
});

test('a repeat with one key is one alert', async () => {
  const tenant = `t-${randomUUID().slice(0, 8)}`;
  const options = { key: randomUUID(), identity: { tenant } };
  const replies = await Promise.all([1, 2, 3].map(() => world.post('/api/alerts', { message: 'Once.' }, options)));
  expect(new Set(replies.map(({ text }) => text)).size).toBe(1);
  expect(replies.map(({ status }) => status)).toEqual([201, 201, 201]);
  expect((await list('', tenant)).data).toHaveLength(1);
});

test('bad values are named; unknown alerts and deals, and those of another tenant, are not found', async () => {
  const { dealId } = await startDeal(world);
  const bodies: [unknown, string][] = [
    [{}, '#/message'],
    [{ message: 'x', severity: 'loud' }, '#/severity'],
    [{ message: 'x', deal_id: '7' }, '#/deal_id'],
    [{ message: 'x', color: 'red' }, '#/color'],
  ];
  for (const [sent, pointer] of bodies) {
    const { status, body } = await world.post('/api/alerts', sent);
    expect([status, body.errors?.[0].pointer]).toEqual([422, pointer]);
  }
  const badQuery = await world.get('/api/alerts?include_dismissed=maybe');
  expect([badQuery.status, badQuery.body.errors[0].pointer]).toEqual([422, '#/query/include_dismissed']);
  const noDeal = await world.post('/api/alerts', { message: 'x', deal_id: randomUUID() });
  const foreignDeal = await world.post(
    '/api/alerts',
    { message: 'x', deal_id: dealId },
    { identity: { tenant: 'other' } },
  );
  for (const { status, body } of [noDeal, foreignDeal]) expect([status, body.code]).toEqual([404, 'deal-not-found']);
  const { body: alert } = await world.post('/api/alerts', { message: 'x' });
  const foreign = await world.post(`/api/alerts/${alert.alert_id}/dismiss`, undefined, {
    identity: { tenant: 'other' },
  });
  const unknown = await world.post(`/api/alerts/${randomUUID()}/dismiss`);
  const malformed = await world.post('/api/alerts/7/dismiss');
  for (const { status, body } of [foreign, unknown, malformed])
    expect([status, body.code]).toEqual([404, 'alert-not-found']);
});
