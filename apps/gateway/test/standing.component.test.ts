import { randomUUID } from 'node:crypto';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestRedis } from '@uw-wizard/testkit/redis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type House, headersOf, keys, openHouse, openTestRedis } from './house.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });

let database: Awaited<ReturnType<typeof createTestRedis>>;
let redis: ReturnType<typeof openTestRedis>;
/** Two gateways on one Redis, before one auth-svc: that of `house`. */
let house: House;
let other: House;
beforeAll(async () => {
  database = await createTestRedis();
  redis = openTestRedis(database.url, log);
  house = await openHouse({ deps: { redis } });
  const { services, identityPrivateKey } = house.config;
  other = await openHouse({ deps: { redis }, services, config: { identityPrivateKey } });
  await eventually(() => expect(house.askedChanges).toBeGreaterThan(2));
});
afterAll(async () => {
  await other?.close();
  await house?.close();
  redis?.close();
  await database?.drop();
});

const statusAt = async (at: House, credential: string, path = '/api/alerts', method = 'GET') =>
  (await fetch(`${at.baseUrl}${path}`, { method, headers: headersOf({ authorization: `Bearer ${credential}` }) }))
    .status;
const statuses = (credential: string, ...call: [path?: string, method?: string]) =>
  Promise.all([house, other].map((at) => statusAt(at, credential, ...call)));
const withinASecond = (check: () => Promise<void>) => eventually(check, { timeoutMs: 1_000 });

async function newSession() {
  const [sid, sub] = [randomUUID(), randomUUID()];
  return { sid, sub, token: await house.jwt.sign({ sid, sub }) };
}

describe('every gateway', () => {
  it('believes whom auth-svc vouched for without asking again, as long as nothing is heard of them', async () => {
    const { token } = await newSession();
    const before = house.askedSessions;
    for (let time = 0; time < 10; time += 1) expect(await statuses(token)).toEqual([200, 200]);
    expect(house.askedSessions - before).toBe(2);
  });

  it('refuses a token within a second of its logout, also when Redis has lost all it held', async () => {
    const { token, sid } = await newSession();
    expect(await statuses(token)).toEqual([200, 200]);
    house.endedSessions.add(sid);
    house.changed(sid);
    await redis.client.flushdb();
    await withinASecond(async () => expect(await statuses(token)).toEqual([401, 401]));
  });

  it('refuses the tokens of a disabled user within a second', async () => {
    const { token, sid, sub } = await newSession();
    expect(await statuses(token)).toEqual([200, 200]);
    house.endedSessions.add(sid);
    house.changed(sub);
    await withinASecond(async () => expect(await statuses(token)).toEqual([401, 401]));
  });

  it('knows a lowered role within a second, and that a password must be changed', async () => {
    const { token, sid, sub } = await newSession();
    expect(await statuses(token, '/api/users')).toEqual([200, 200]);
    house.sessionRoles.set(sid, 'analyst');
    house.changed(sub);
    await withinASecond(async () => expect(await statuses(token, '/api/users')).toEqual([403, 403]));
    expect(await statuses(token)).toEqual([200, 200]);
    house.restrictedSessions.add(sid);
    house.changed(sub);
    await withinASecond(async () => expect(await statuses(token)).toEqual([403, 403]));
    expect(await statuses(token, '/api/auth/password', 'POST')).toEqual([200, 200]);
    expect(house.seen.at(-1)?.identity).toMatchObject({ must_change_password: true });
  });

  it('refuses a revoked key within a second', async () => {
    expect(await statuses(keys.reviewer)).toEqual([200, 200]);
    house.revokedKeys.add(keys.reviewer);
    house.changed(house.keyId(keys.reviewer));
    await withinASecond(async () => expect(await statuses(keys.reviewer)).toEqual([401, 401]));
  });

  it('that passed a logout on refuses the token from its answer on', async () => {
    for (let time = 0; time < 5; time += 1) {
      const { token, sid } = await newSession();
      expect(await statusAt(house, token)).toBe(200);
      house.reply = (seen, res) => {
        if (seen.url === '/api/auth/logout') {
          house.endedSessions.add(sid);
          house.changed(sid);
        }
        res.writeHead(200).end('{}');
      };
      expect(await statusAt(house, token, '/api/auth/logout', 'POST')).toBe(200);
      expect(await statusAt(house, token)).toBe(401);
    }
  });

  it('believes nobody any more when auth-svc has been silent for five seconds, until it speaks again', async () => {
    const { token } = await newSession();
    expect(await statuses(token)).toEqual([200, 200]);
    expect(await statusAt(house, keys.admin)).toBe(200);
    house.ways = [];
    const silentAt = performance.now();
    await eventually(async () => expect(await statusAt(house, token)).toBe(503), { timeoutMs: 6_500 });
    expect(performance.now() - silentAt).toBeGreaterThan(3_000);
    expect(await statusAt(house, keys.admin)).toBe(503);
    house.ways = ['http'];
    await eventually(async () => expect(await statusAt(house, token)).toBe(200));
  }, 20_000);
});
