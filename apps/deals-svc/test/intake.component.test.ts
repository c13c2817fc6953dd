import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type CallOptions, createWorld, ownerAnswers, type Reply, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

describe('the intake', () => {
  test('the catalogue names every field with its question and type', async () => {
    const { status, body } = await world.get('/api/intake/fields');
    expect(status).toBe(200);
    const ein = body.data.find(({ field }: { field: string }) => field === 'ein');
    expect(ein).toMatchObject({ type: 'ein', required: true, question: expect.stringContaining('EIN') });
  });

  test('only what is missing is asked, until nothing required is', async () => {
    const { dealId } = await startDeal(world);
    const first = await world.post('/api/intake/answer', { deal_id: dealId });
    const missing = first.body.missing.map(({ field }: { field: string }) => field);
    expect(missing).toContain('owner_name');
    expect(missing).not.toContain('legal_name');
    expect(first.body.complete).toBe(false);
    const { owner_name: ownerName, ...others } = ownerAnswers;
    const second = await world.post('/api/intake/answer', { deal_id: dealId, answers: others });
    const required = second.body.missing.filter(({ required }: { required: boolean }) => required);
    expect(required.map(({ field }: { field: string }) => field)).toEqual(['owner_name']);
    const third = await world.post('/api/intake/answer', { deal_id: dealId, answers: { owner_name: ownerName } });
    expect(third.body.complete).toBe(true);
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal).toMatchObject({ ...ownerAnswers, intake_completed_at: expect.any(String) });
    const outbox = await world.database.query(
      `SELECT envelope->'data' AS data FROM outbox WHERE subject = $1 AND type = 'intake.answered' ORDER BY sequence`,
      [dealId],
    );
    expect(outbox.map(({ data }) => data.complete)).toEqual([false, true]);
    expect(JSON.stringify(outbox)).not.toContain('Jane');
  });

  test('an answer about the merchant is kept with the merchant', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const answers = { dba: 'The Corner Oven', state: 'nj', entity_type: 'S corp' };
    await world.post('/api/intake/answer', { deal_id: dealId, answers });
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal.merchant).toMatchObject({
      merchant_id: merchantId,
      state: 'NJ',
      entity_type: 's_corporation',
      dba: answers.dba,
    });
    expect(deal.version).toBe(2);
  });

  test('a waiting value is taken when it is confirmed, and dropped when the field is answered otherwise', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const merchant = { legal_name: 'Renamed Harbor LLC', phone: '+12125550333' };
    await world.post('/api/deals/start', { merchant_id: merchantId, merchant });
    const { body } = await world.post('/api/intake/answer', {
      deal_id: dealId,
      confirm: ['phone'],
      answers: { legal_name: 'Harbor One LLC' },
    });
    expect(body.confirm).toEqual([]);
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal.merchant).toMatchObject({ phone: '+12125550333', legal_name: 'Harbor One LLC' });
  });

  test('one bad value and nothing is saved, and every bad one is named', async () => {
    const { dealId } = await startDeal(world);
    const { status, body } = await world.post('/api/intake/answer', {
      deal_id: dealId,
      answers: { owner_name: 'Jane Doe', owner_ssn_last4: '123-45-6789', ownership_pct: 101, 'no/field': 1 },
    });
    expect([status, body.code]).toEqual([422, 'validation-failed']);
    expect(body.errors.map(({ pointer }: { pointer: string }) => pointer).toSorted()).toEqual([
      '#/answers/no~1field',
      '#/answers/owner_ssn_last4',
      '#/answers/ownership_pct',
    ]);
    expect(JSON.stringify(body)).not.toContain('6789');
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect([deal.owner_name, deal.version]).toEqual([null, 1]);
  });

  test('confirming what does not wait is a bad value too', async () => {
    const { dealId } = await startDeal(world);
    const { status, body } = await world.post('/api/intake/answer', { deal_id: dealId, confirm: ['phone'] });
    expect([status, body.errors[0].pointer]).toEqual([422, '#/confirm/0']);
  });

  test('a deal that is not there, is deleted or belongs to another tenant is not found', async () => {
    const { dealId } = await startDeal(world);
    const foreign = await world.post('/api/intake/answer', { deal_id: dealId }, { identity: { tenant: 'other' } });
    const unknown = await world.post('/api/intake/answer', { deal_id: randomUUID() });
    await world.database.query('UPDATE deals SET deleted_at = now() WHERE id = $1', [dealId]);
    const deleted = await world.post('/api/intake/answer', { deal_id: dealId });
    for (const { status, body } of [foreign, unknown, deleted]) {
      expect([status, body.code]).toEqual([404, 'deal-not-found']);
    }
  });

  test('a deal that is over takes no more answers', async () => {
    const { dealId } = await startDeal(world);
    await world.database.query(`UPDATE deals SET status = 'closed' WHERE id = $1`, [dealId]);
    const { status, body } = await world.post('/api/intake/answer', { deal_id: dealId, answers: { dba: 'X' } });
    expect([status, body.code]).toEqual([409, 'illegal-transition']);
  });

  test('an analyst sees the owner without e-mail, phone and SSN digits; a reviewer sees them', async () => {
    const { dealId } = await startDeal(world);
    await world.post('/api/intake/answer', { deal_id: dealId, answers: { ...ownerAnswers, owner_ssn_last4: '4321' } });
    const analyst = await world.get(`/api/deals/${dealId}`, { identity: { role: 'analyst' } });
    expect(analyst.body).toMatchObject({
      owner_name: 'Jane Doe',
      owner_email: 'j***@example.com',
      owner_phone: '***0199',
      owner_ssn_last4: '****',
    });
    const reviewer = await world.get(`/api/deals/${dealId}`, { identity: { role: 'reviewer' } });
    expect(reviewer.body).toMatchObject({ owner_email: ownerAnswers.owner_email, owner_ssn_last4: '4321' });
  });

  test('what waits for confirmation about the owner is masked for an analyst, who may confirm it all the same', async () => {
    const { dealId } = await startDeal(world);
    const told = {
      owner_email: 'jane@example.com',
      owner_phone: '+12125550199',
      owner_ssn_last4: '4321',
      dba: 'The Corner Oven',
    };
    const waiting = Object.entries(told).map(([field, value]) => ({
      field,
      value,
      existing: null,
      source: 'application',
    }));
    await world.database.query('UPDATE deals SET confirmations = $2::jsonb WHERE id = $1', [
      dealId,
      JSON.stringify(waiting),
    ]);
    const ask = (identity: CallOptions['identity'], more: object = {}) =>
      world.post('/api/intake/answer', { deal_id: dealId, ...more }, { identity: identity ?? {} });
    const valuesOf = ({ body }: Reply) =>
      Object.fromEntries(body.confirm.map(({ field, value }: { field: string; value: unknown }) => [field, value]));
    expect(valuesOf(await ask({ role: 'reviewer' }))).toEqual(told);
    const masked = { owner_email: 'j***@example.com', owner_phone: '***0199', owner_ssn_last4: '****' };
    expect(valuesOf(await ask({ role: 'analyst' }))).toEqual({ ...told, ...masked });
    const { body: seen } = await world.get(`/api/deals/${dealId}`, { identity: { role: 'analyst' } });
    expect(seen.confirm).toEqual(Object.keys(told));
    await ask({ role: 'analyst' }, { confirm: Object.keys(told) });
    expect((await world.get(`/api/deals/${dealId}`)).body).toMatchObject({
      owner_email: told.owner_email,
      confirm: [],
    });
  });

  test('answers at the same moment are all kept, and each is a version of its own', async () => {
    const { dealId } = await startDeal(world);
    const entries = Object.entries(ownerAnswers);
    const replies = await Promise.all(
      entries.map(([field, value]) =>
        world.post('/api/intake/answer', { deal_id: dealId, answers: { [field]: value } }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(entries.map(() => 200));
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect(deal).toMatchObject({ ...ownerAnswers, version: 1 + entries.length });
  });
});
