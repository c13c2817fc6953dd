import { createLogger } from '@uw-wizard/shared/platform/logger';
import { eventually } from '@uw-wizard/testkit/eventually';
import { createTestRedis } from '@uw-wizard/testkit/redis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRedisIdempotencyStore } from '../src/idempotency/redis-store.ts';
import { openTestRedis } from './house.ts';
import { describeIdempotencyStore } from './idempotency-store.contract.ts';

const log = createLogger({ service: 'gateway', level: 'silent' });
let database: Awaited<ReturnType<typeof createTestRedis>>;
let redis: ReturnType<typeof openTestRedis>;
beforeAll(async () => {
  database = await createTestRedis();
  redis = openTestRedis(database.url, log);
  await eventually(() => expect(redis.connected()).toBe(true));
});
afterAll(async () => {
  redis.close();
  await database.drop();
});
afterEach(() => redis.client.flushdb());

/** Lets time go by as Redis tells it: every key has that much less left to live. */
async function advance(ms: number): Promise<void> {
  for (const key of await redis.client.keys('*')) {
    const leftMs = (await redis.client.pttl(key)) - ms;
    await redis.client.pexpire(key, leftMs);
  }
}

describeIdempotencyStore('in Redis', async () => ({ store: createRedisIdempotencyStore(redis.client), advance }));

describe('the idempotency store in Redis', () => {
  const attempt = (owner: string) => ({ fingerprint: 'f', owner, leaseMs: 10_000 });

  it('is one for all gateways that use it', async () => {
    const other = openTestRedis(database.url, log);
    await eventually(() => expect(other.connected()).toBe(true));
    const stores = [redis.client, other.client].map(createRedisIdempotencyStore);
    const claims = await Promise.all(
      stores.flatMap((store, n) => ['a', 'b'].map((owner) => store.claim('s', attempt(`${owner}${n}`)))),
    );
    expect(claims.filter(({ outcome }) => outcome === 'claimed')).toHaveLength(1);
    other.close();
  });

  it('lets no key lie for ever', async () => {
    const store = createRedisIdempotencyStore(redis.client);
    await store.claim('running', attempt('o'));
    await store.claim('done', attempt('o'));
    await store.complete('done', 'o', { status: 200, headers: {}, body: Buffer.alloc(0) }, 60_000);
    const left = await Promise.all((await redis.client.keys('*')).map((key) => redis.client.pttl(key)));
    const [lease = 0, kept = 0] = left.toSorted((a, b) => a - b);
    expect(lease).toBeGreaterThan(0);
    expect(lease).toBeLessThanOrEqual(10_000);
    expect(kept).toBeGreaterThan(10_000);
    expect(kept).toBeLessThanOrEqual(60_000);
  });

  it('knows its scripts again after Redis has forgotten them', async () => {
    const store = createRedisIdempotencyStore(redis.client);
    await store.claim('s', attempt('o'));
    await redis.client.script('FLUSH');
    expect(await store.renew('s', 'o', 10_000)).toBe(true);
  });
});
