import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { runFlow, untilSigned } from '../flow/steps.ts';
import { houseOfFile, newMerchant } from './house-of-file.ts';

const here = houseOfFile();

type Row = {
  action: string;
  entity_id: string;
  actor: { kind: string; id: string; role: string | null; address: string | null; user_agent: string | null };
  request_id: string | null;
};

async function auditOf(query: Record<string, string>): Promise<Row[]> {
  const { status, body } = await here.house.client.call('GET', '/api/audit', { query: { limit: '200', ...query } });
  expect(status).toBe(200);
  return body.data;
}

test('each call of the funding flow is in the audit log: who made it, from where, what it did, by which request', async () => {
  const { client } = here.house;
  const { body: me } = await client.call('GET', '/api/auth/me');
  const flow = await runFlow(client, await newMerchant());
  await untilSigned(client, flow.dealId);

  const done = {
    start: ['deal.started', flow.dealId],
    intake: ['intake.answered', flow.dealId],
    upload: ['document.uploaded', flow.dealId],
    offers: ['offer.generated', flow.dealId],
    accept: ['offer.accepted', flow.dealId],
    background: ['background.result', flow.dealId],
    send: ['signature.requested', flow.envelopeId],
  };
  for (const [step, [action, entityId]] of Object.entries(done)) {
    const reply = flow.steps.find(({ name }) => name === step)?.reply;
    const requestId = reply?.headers.get('x-request-id') ?? '';
    const found = await eventually(async () => {
      const rows = (await auditOf({ request_id: requestId })).filter((row) => row.action === action);
      expect(rows, step).toHaveLength(1);
      return rows[0];
    });
    expect(found, step).toMatchObject({
      entity_id: entityId,
      actor: { kind: 'key', id: me.user_id, role: 'admin', address: '127.0.0.1' },
      request_id: requestId,
    });
  }
  // The provider's webhook is a call too, made by nobody of the tenant.
  await eventually(async () => {
    const rows = await auditOf({ action: 'sign.signed', entity_id: flow.envelopeId });
    expect(rows.map(({ actor }) => actor.kind)).toEqual(['provider']);
  });
  // The deal was looked at with everything that is in it.
  await eventually(async () => {
    const rows = await auditOf({ action: 'deal.viewed_unmasked', entity_id: flow.dealId });
    expect(rows.length).toBeGreaterThan(0);
  });
});

test('a repeat of a call, which does nothing, leaves no second record', async () => {
  const { client } = here.house;
  const key = randomUUID();
  const json = { merchant: { legal_name: `Twice ${key}`, state: 'NY' } };
  const first = await client.call('POST', '/api/deals/start', { key, json });
  const again = await client.call('POST', '/api/deals/start', { key, json });
  expect(again.headers.get('idempotent-replayed')).toBe('true');
  const last = await client.call('POST', '/api/deals/start', {
    json: { merchant: { legal_name: `Last ${key}`, state: 'NY' } },
  });
  await eventually(async () => expect(await auditOf({ entity_id: last.body.deal_id })).toHaveLength(1));
  expect(await auditOf({ entity_id: first.body.deal_id })).toHaveLength(1);
});

test('what the log holds of people is masked', async () => {
  const { client } = here.house;
  const given = await newMerchant();
  const { dealId } = await runFlow(client, { ...given, upTo: 'intake' });
  await eventually(async () => expect(await auditOf({ entity_id: dealId, action: 'intake.answered' })).toHaveLength(1));
  const text = JSON.stringify(await here.books.query('auth', 'SELECT * FROM audit_log'));
  const { answers } = given.merchant;
  for (const secret of [answers.owner_email, answers.owner_phone]) expect(text.includes(String(secret))).toBe(false);
});
