import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createWorld, newMerchantBody, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

const pointersOf = (body: { errors: { pointer: string }[] }) => body.errors.map(({ pointer }) => pointer);

describe('starting a deal', () => {
  test('a new merchant gets an open deal that is announced once', async () => {
    const { status, body } = await world.post('/api/deals/start', {
      merchant: newMerchantBody(),
      requested_amount_cents: 50_000_00,
      source: 'broker',
    });
    expect(status).toBe(200);
    expect(body).toEqual({
      deal_id: expect.any(String),
      merchant_id: expect.any(String),
      status: 'open',
      reused: false,
    });
    const { body: deal } = await world.get(`/api/deals/${body.deal_id}`);
    expect(deal).toMatchObject({ source: 'broker', requested_amount_cents: 50_000_00, status: 'open', version: 1 });
    const outbox = await world.database.query('SELECT type FROM outbox WHERE subject = $1', [body.deal_id]);
    expect(outbox).toEqual([{ type: 'deal.started' }]);
  });

  test('the same merchant again gets the same deal, however it is named', async () => {
    const merchant = newMerchantBody();
    const first = await world.post('/api/deals/start', { merchant });
    const { ein, ...nameless } = merchant;
    const again = await Promise.all([
      world.post('/api/deals/start', { merchant_id: first.body.merchant_id }),
      world.post('/api/deals/start', { merchant: { legal_name: 'Another Name Inc', ein } }),
      world.post('/api/deals/start', { merchant: { ...nameless, legal_name: nameless.legal_name.toUpperCase() } }),
    ]);
    for (const { status, body } of again) {
      expect(status).toBe(200);
      expect(body).toEqual({ ...first.body, reused: true });
    }
  });

  test('twenty starts at once for a merchant nobody knew make one merchant and one deal', async () => {
    const merchant = newMerchantBody();
    const { ein, ...nameless } = merchant;
    const replies = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        world.post('/api/deals/start', { merchant: at % 2 === 0 ? merchant : { ...nameless } }),
      ),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(20).fill(200));
    expect(new Set(replies.map(({ body }) => body.deal_id)).size).toBe(1);
    expect(replies.filter(({ body }) => !body.reused)).toHaveLength(1);
    const known = await world.database.query('SELECT id FROM merchants WHERE legal_name = $1', [merchant.legal_name]);
    expect(known).toHaveLength(1);
    expect(ein).toBe((await world.get(`/api/deals/${replies[0]?.body.deal_id}`)).body.merchant.ein);
  });

  test('starts at once for a known merchant make one deal, however each of them names it', async () => {
    const merchant = newMerchantBody();
    const { body: first } = await world.post('/api/deals/start', { merchant });
    await world.database.query(`UPDATE deals SET status = 'closed' WHERE id = $1`, [first.deal_id]);
    const named = [{ merchant_id: first.merchant_id }, { merchant }];
    const replies = await Promise.all(
      Array.from({ length: 10 }, (_, at) => world.post('/api/deals/start', named[at % 2])),
    );
    expect(replies.map(({ status }) => status)).toEqual(Array(10).fill(200));
    expect(new Set(replies.map(({ body }) => body.deal_id)).size).toBe(1);
  });

  test('two merchants of one name in different states are two merchants', async () => {
    const { ein: _ein, ...merchant } = newMerchantBody({ state: 'NY' });
    const one = await world.post('/api/deals/start', { merchant });
    const other = await world.post('/api/deals/start', { merchant: { ...merchant, state: 'NJ' } });
    expect(other.body.merchant_id).not.toBe(one.body.merchant_id);
  });

  test('what differs on reuse waits for confirmation and overwrites nothing; what was missing is filled in', async () => {
    const merchant = newMerchantBody({ dba: undefined, phone: '+12125550111' });
    const first = await world.post('/api/deals/start', { merchant, requested_amount_cents: 10_000_00 });
    const again = await world.post('/api/deals/start', {
      merchant: { ...merchant, phone: '+12125550222', dba: 'The Oven' },
      requested_amount_cents: 20_000_00,
      source: 'portal',
    });
    expect(again.body).toMatchObject({ deal_id: first.body.deal_id, reused: true });
    const { body: deal } = await world.get(`/api/deals/${first.body.deal_id}`);
    expect(deal.merchant).toMatchObject({ phone: '+12125550111', dba: 'The Oven' });
    expect(deal.requested_amount_cents).toBe(10_000_00);
    const { body: intake } = await world.post('/api/intake/answer', { deal_id: first.body.deal_id });
    expect(intake.confirm).toEqual([
      { field: 'phone', question: expect.any(String), value: '+12125550222', source: 'portal' },
      { field: 'requested_amount_cents', question: expect.any(String), value: 20_000_00, source: 'portal' },
    ]);
  });

  test('beside its id, what is said about a merchant needs no name', async () => {
    const { dealId, merchantId } = await startDeal(world);
    const merchant = { dba: 'The Oven', phone: '+12125550444' };
    const { status, body } = await world.post('/api/deals/start', { merchant_id: merchantId, merchant });
    expect([status, body.deal_id]).toEqual([200, dealId]);
    const { body: deal } = await world.get(`/api/deals/${dealId}`);
    expect([deal.merchant.dba, deal.confirm]).toEqual(['The Oven', ['phone']]);
    const bad = await world.post('/api/deals/start', { merchant_id: merchantId, merchant: { ein: '1' } });
    expect([bad.status, pointersOf(bad.body)]).toEqual([422, ['#/merchant/ein']]);
  });

  test('one key and one body get one deal and the first answer, byte for byte', async () => {
    const key = randomUUID();
    const body = { merchant: newMerchantBody() };
    const replies = await Promise.all(Array.from({ length: 5 }, () => world.post('/api/deals/start', body, { key })));
    const later = await world.post('/api/deals/start', body, { key });
    expect(new Set([...replies, later].map(({ text }) => text)).size).toBe(1);
    expect(later.headers.get('idempotent-replayed')).toBe('true');
    expect(later.body.reused).toBe(false);
    const other = await world.post('/api/deals/start', { merchant: newMerchantBody() }, { key });
    expect([other.status, other.body.code]).toEqual([422, 'idempotency-key-reused']);
  });

  test('an unknown merchant, and one of another tenant, is not found', async () => {
    const { merchantId } = await startDeal(world);
    const unknown = await world.post('/api/deals/start', { merchant_id: randomUUID() });
    const foreign = await world.post(
      '/api/deals/start',
      { merchant_id: merchantId },
      { identity: { tenant: 'other' } },
    );
    for (const { status, body } of [unknown, foreign]) expect([status, body.code]).toEqual([404, 'merchant-not-found']);
  });

  test('every field that cannot be used is named, and nothing is saved', async () => {
    const { status, body } = await world.post('/api/deals/start', {
      merchant: { ein: '00-0000000', state: 'ZZ', legal_name: 'Nobody', colour: 'red' },
    });
    expect([status, body.code]).toEqual([422, 'validation-failed']);
    expect(pointersOf(body).toSorted()).toEqual(['#/merchant/colour', '#/merchant/ein', '#/merchant/state']);
    const bodies: [unknown, string][] = [
      [{}, '#/merchant'],
      [{ merchant: {} }, '#/merchant/legal_name'],
      [{ merchant_id: 'x' }, '#/merchant_id'],
      [{ merchant: newMerchantBody(), requested_amount_cents: 0.5 }, '#/requested_amount_cents'],
      [{ merchant: newMerchantBody(), color: 'red' }, '#/color'],
    ];
    for (const [sent, pointer] of bodies) {
      const { status, body } = await world.post('/api/deals/start', sent);
      expect([status, pointersOf(body)]).toEqual([422, [pointer]]);
    }
  });

  test('a second deal can be started once the first is over', async () => {
    const { dealId, merchantId } = await startDeal(world);
    await world.database.query(`UPDATE deals SET status = 'declined' WHERE id = $1`, [dealId]);
    const next = await world.post('/api/deals/start', { merchant_id: merchantId });
    expect(next.body).toMatchObject({ merchant_id: merchantId, reused: false });
    expect(next.body.deal_id).not.toBe(dealId);
  });

  test('the database itself refuses a merchant a second unfinished deal', async () => {
    const { dealId, merchantId } = await startDeal(world);
    await world.database.query(`UPDATE deals SET status = 'declined' WHERE id = $1`, [dealId]);
    await world.post('/api/deals/start', { merchant_id: merchantId });
    const reopen = world.database.query(`UPDATE deals SET status = 'open' WHERE id = $1`, [dealId]);
    await expect(reopen).rejects.toThrow('deals_one_unfinished');
  });
});
