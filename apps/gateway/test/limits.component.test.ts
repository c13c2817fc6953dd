import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, describe, expect, it } from 'vitest';
import type { GatewayConfig } from '../src/config.ts';
import { type House, headersOf, keys, objectOf, openHouse } from './house.ts';

let house: House;
afterEach(() => house.close());

const open = async (rateLimits: Partial<GatewayConfig['rateLimits']>, more: Partial<GatewayConfig> = {}) => {
  const none = { keyPerSecond: 0, addressPerSecond: 0, loginPerMinute: 0 };
  house = await openHouse({ config: { rateLimits: { ...none, ...rateLimits }, ...more } });
};

async function read(more: Record<string, string> = {}) {
  const response = await fetch(`${house.baseUrl}/api/alerts`, { headers: headersOf(more) });
  return { response, code: (await objectOf(response)).code };
}

async function change(key: string, body = '{}') {
  const headers = headersOf({ 'idempotency-key': key });
  const response = await fetch(`${house.baseUrl}/api/alerts`, { method: 'POST', headers, body });
  await response.text();
  return response;
}

describe('a credential over its limit', () => {
  it('is told when to come back and how much is left, while others go on', async () => {
    await open({ keyPerSecond: 3 });
    for (const left of [2, 1, 0]) {
      const { response } = await read();
      expect(response.headers.get('ratelimit')).toBe(`"key";r=${left};t=1`);
    }
    const { response, code } = await read();
    expect([response.status, code, response.headers.get('retry-after')]).toEqual([429, 'rate-limited', '1']);
    expect(response.headers.get('ratelimit-policy')).toBe('"key";q=3;w=1');
    expect(response.headers.get('ratelimit')).toBe('"key";r=0;t=1');
    expect(house.seen).toHaveLength(3);
    expect((await read({ authorization: `Bearer ${keys.analyst}` })).response.status).toBe(200);
    await eventually(async () => expect((await read()).response.status).toBe(200));
  });

  it('still gets its replays, which cost nothing', async () => {
    await open({ keyPerSecond: 3, addressPerSecond: 5 });
    await eventually(async () => {
      const key = crypto.randomUUID();
      expect((await change(key)).status).toBe(200);
      for (let repeat = 0; repeat < 20; repeat += 1) {
        const replay = await change(key);
        expect([replay.status, replay.headers.get('idempotent-replayed')]).toEqual([200, 'true']);
      }
      expect((await change(key, '{"other":1}')).status).toBe(422);
      expect((await read()).response.status).toBe(200);
      expect((await read()).response.status).toBe(429);
      expect((await change(key)).status).toBe(200);
    });
  });
});

describe('an address over its limit', () => {
  it('is refused before its credential is looked at, but may ask whether the gateway lives', async () => {
    await open({ addressPerSecond: 2 });
    await read();
    await read();
    const { response, code } = await read({ authorization: 'Bearer nobodys-credential-at-all' });
    expect([response.status, code]).toEqual([429, 'rate-limited']);
    expect(house.askedKeys).toBe(1);
    expect((await fetch(`${house.baseUrl}/healthz`)).status).toBe(200);
  });
});

describe('logins', () => {
  it('are limited per account, however its name is written, and whatever the address', async () => {
    await open({ loginPerMinute: 2 });
    const login = async (body: string) => {
      const headers = { 'content-type': 'application/json' };
      return fetch(`${house.baseUrl}/api/auth/login`, { method: 'POST', headers, body });
    };
    expect((await login('{"email":"ada@example.com"}')).status).toBe(200);
    expect((await login('{"username":" ADA@example.com"}')).status).toBe(200);
    const third = await login('{"email":"Ada@Example.com"}');
    expect(third.status).toBe(429);
    expect(Number(third.headers.get('retry-after'))).toBeGreaterThan(50);
    expect(third.headers.get('ratelimit-policy')).toBe('"login";q=2;w=60');
    expect((await login('{"email":"eve@example.com"}')).status).toBe(200);
    for (const odd of ['null', '{', '[]', '{"email":1}']) expect((await login(odd)).status).toBe(200);
  });
});
