import { randomUUID } from 'node:crypto';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { type RedisServer, startRedis } from '@uw-wizard/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type House, headersOf, objectOf, openHouse, openTestRedis, sendJson } from './house.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
const closing: (() => unknown)[] = [];
let server: RedisServer;
beforeAll(async () => {
  server = await startRedis();
});
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});
afterAll(() => server.stop());

async function openGateway(rateLimits = { keyPerSecond: 0, addressPerSecond: 0, loginPerMinute: 0 }): Promise<House> {
  const redis = openTestRedis(server.url, log);
  const house = await openHouse({ config: { rateLimits }, deps: { redis } });
  closing.push(async () => {
    await house.close();
    redis.close();
  });
  return house;
}

async function call(house: House, method: 'GET' | 'POST', headers = headersOf()) {
  const begunMs = performance.now();
  const response = await fetch(`${house.baseUrl}/api/alerts`, {
    method,
    headers,
    ...(method === 'GET' ? {} : { body: '{}' }),
  });
  const { code } = await objectOf(response);
  return {
    status: response.status,
    code,
    retryAfter: response.headers.get('retry-after'),
    replayed: response.headers.get('idempotent-replayed'),
    elapsedMs: performance.now() - begunMs,
  };
}

const readiness = async (house: House) => objectOf(await fetch(`${house.baseUrl}/readyz`));
const refused = { status: 503, code: 'idempotency-store-unavailable', retryAfter: '1' };

describe.each([
  ['is killed', () => server.kill(), () => server.restart()],
  ['hangs', () => server.pause(), () => server.resume()],
])('while Redis %s', (_how, leave, comeBack) => {
  it('reads go on, changes are refused before anything is done, and all is well when it is back', async () => {
    const house = await openGateway({ keyPerSecond: 1000, addressPerSecond: 1000, loginPerMinute: 5 });
    await eventually(async () => expect(await call(house, 'POST')).toMatchObject({ status: 200 }));
    house.seen.length = 0;
    await leave();
    try {
      const refusal = await call(house, 'POST');
      expect(refusal).toMatchObject(refused);
      expect(refusal.elapsedMs).toBeLessThan(4_000);
      await eventually(async () => expect(await readiness(house)).toEqual({ status: 'degraded' }));
      const again = await Promise.all(Array.from({ length: 20 }, () => call(house, 'POST')));
      for (const each of again) {
        expect(each).toMatchObject(refused);
        expect(each.elapsedMs).toBeLessThan(3_000);
      }
      expect(house.seen).toHaveLength(0);
      for (const each of await Promise.all(Array.from({ length: 20 }, () => call(house, 'GET')))) {
        expect(each.status).toBe(200);
        expect(each.elapsedMs).toBeLessThan(3_000);
      }
    } finally {
      await comeBack();
    }
    await eventually(async () => expect(await call(house, 'POST')).toMatchObject({ status: 200 }));
    expect(await readiness(house)).toEqual({ status: 'ready' });
  });
});

describe('a gateway that starts while Redis is away', () => {
  it('is degraded, answers reads, and takes changes as soon as Redis is there', async () => {
    await server.kill();
    const house = await openGateway();
    expect(await readiness(house)).toEqual({ status: 'degraded' });
    expect(await call(house, 'GET')).toMatchObject({ status: 200 });
    expect(await call(house, 'POST')).toMatchObject(refused);
    await server.restart();
    await eventually(async () => expect(await call(house, 'POST')).toMatchObject({ status: 200 }));
  });
});

describe('two gateways with one Redis', () => {
  it('do a repeated request once, whichever of them it comes to', async () => {
    const [one, two] = [await openGateway(), await openGateway()];
    await eventually(async () => expect(await call(two, 'POST')).toMatchObject({ status: 200 }));
    two.seen.length = 0;
    const gate = Promise.withResolvers<void>();
    one.reply = (_seen, res) => gate.promise.then(() => sendJson(res, 200, { ok: true }));
    const headers = headersOf({ 'idempotency-key': randomUUID() });
    const first = call(one, 'POST', headers);
    await eventually(() => expect(one.seen).toHaveLength(1));
    expect(await call(two, 'POST', headers)).toMatchObject({ status: 409, code: 'idempotency-in-progress' });
    gate.resolve();
    expect(await first).toMatchObject({ status: 200, replayed: null });
    expect(await call(two, 'POST', headers)).toMatchObject({ status: 200, replayed: 'true' });
    expect(two.seen).toHaveLength(0);
  });

  it('count one caller together', async () => {
    const quotas = { keyPerSecond: 4, addressPerSecond: 0, loginPerMinute: 0 };
    const [one, two] = [await openGateway(quotas), await openGateway(quotas)];
    await eventually(async () => expect(await readiness(two)).toEqual({ status: 'ready' }));
    await eventually(async () => {
      const answers = [];
      for (let n = 0; n < 4; n += 1) answers.push(await call(one, 'GET'), await call(two, 'GET'));
      expect(answers.filter(({ status }) => status === 200)).toHaveLength(4);
      expect(answers.filter(({ code }) => code === 'rate-limited')).toHaveLength(4);
    });
  });
});
