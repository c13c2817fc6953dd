import { randomUUID } from 'node:crypto';
import { routes } from '@uw-wizard/shared/contracts/routes';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { acceptedDeal, type CallOptions, createWorld, startDeal, type World } from './world.ts';

let world: World;
beforeAll(async () => {
  world = await createWorld();
});
afterAll(() => world.stop());

const own = routes.filter(({ service }) => service === 'deals-svc');
const ways = own.map(({ method, path }) => [method, path] as const);

test.each(ways)('%s %s needs an identity from the gateway, and one that belongs to a tenant', async (method, path) => {
  const address = path.replace(':id', randomUUID());
  const send = (options: CallOptions) =>
    method === 'GET' ? world.get(address, options) : world.post(address, {}, options);
  const anonymous = await send({ identity: null });
  expect([anonymous.status, anonymous.body.code]).toEqual([401, 'unauthenticated']);
  const provider = await send({ identity: { kind: 'provider', sub: 'mock' } });
  expect(provider.status).toBe(401);
});

test('a deal is shown with its merchant, offers and times, its version as ETag, and to its own tenant only', async () => {
  const { dealId, merchantId, offer } = await acceptedDeal(world);
  const { status, body, headers } = await world.get(`/api/deals/${dealId}`);
  expect(status).toBe(200);
  expect(headers.get('etag')).toBe(`"${body.version}"`);
  expect(body).toMatchObject({
    deal_id: dealId,
    merchant_id: merchantId,
    merchant: { merchant_id: merchantId, state: 'NY', industry_naics: '311811', business_start_date: '2015-03-01' },
    status: 'accepted',
    review_status: 'none',
    background_status: 'OK',
    accepted_offer: offer,
    accepted_at: expect.any(String),
    signed_at: null,
  });
  expect(Object.keys(body)).not.toContain('tenant_id');
  const foreign = await world.get(`/api/deals/${dealId}`, { identity: { tenant: 'other' } });
  const malformed = await world.get('/api/deals/%00');
  for (const reply of [foreign, malformed]) expect([reply.status, reply.body.code]).toEqual([404, 'deal-not-found']);
});

test('offers and acceptances of another tenant’s deal, or of none, are not found', async () => {
  const { dealId } = await startDeal(world);
  for (const path of ['offers', 'accept']) {
    const foreign = await world.post(`/api/deals/${dealId}/${path}`, {}, { identity: { tenant: 'other' } });
    const unknown = await world.post(`/api/deals/${randomUUID()}/${path}`, {});
    const malformed = await world.post(`/api/deals/nothing/${path}`, {});
    for (const { status, body } of [foreign, unknown, malformed]) {
      expect([status, body.code]).toEqual([404, 'deal-not-found']);
    }
  }
});
