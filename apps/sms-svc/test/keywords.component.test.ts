import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { announced, database, dealId, inbound, ledger, merchantPhone, ourNumber, send, useSms } from './sms.ts';

useSms();

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

test('a STOP to a short code, or from a number that no plan lists, is a STOP all the same', async () => {
  expect((await inbound('STOP', { to: '12345' })).body.action).toBe('opted_out');
  expect((await inbound('STOP', { from: '+15555550123', to: 'UWWIZ' })).body.action).toBe('opted_out');
  const rows = await database.query('SELECT number, sender FROM number_blocks ORDER BY number');
  expect(rows).toEqual([
    { number: merchantPhone, sender: '12345' },
    { number: '+15555550123', sender: 'UWWIZ' },
  ]);
});

async function marketingConsents(): Promise<unknown[]> {
  return database.query('SELECT tenant_id, granted FROM consents ORDER BY tenant_id');
}

test("a STOP takes every tenant's marketing consent, and a START to nobody in particular gives all of it back", async () => {
  for (const tenant of ['demo', 'other']) {
    await database.query("INSERT INTO consents VALUES ($1, $2, 'marketing', true, 'form', now(), NULL)", [
      tenant,
      merchantPhone,
    ]);
  }
  const granted = (is: boolean) => [
    { tenant_id: 'demo', granted: is },
    { tenant_id: 'other', granted: is },
  ];
  await inbound('STOP', { id: 's-1' });
  expect(await marketingConsents()).toEqual(granted(false));
  await inbound('START');
  expect(await marketingConsents()).toEqual(granted(true));
  expect((await inbound('STOP', { id: 's-1' })).body.action).toBe('duplicate');
  expect(await marketingConsents()).toEqual(granted(true));
});
