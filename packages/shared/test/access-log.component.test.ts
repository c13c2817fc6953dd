import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { createAccessLog } from '../src/platform/access-log.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import type { Database } from '../src/platform/database.ts';
import { createOutboxRelay } from '../src/platform/outbox-relay.ts';
import type { PlainTx } from '../src/platform/plain-tx.ts';
import { inRequest } from '../src/platform/request-context.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  db = await createPlatformDatabase();
});
afterEach(async () => {
  for (const stop of stops.splice(0)) await stop();
});
afterAll(() => db.drop());

type Transactions = Pick<Database<PlainTx>['plain'], 'withTenant'>;
const seen = { action: 'deal.viewed_unmasked', entityType: 'deal', entityId: 'd-1' };

/** Looks as the user `id` in a request of the same name. */
function look(id: string, database: Transactions = db.database.plain) {
  const record = createAccessLog(database, 'deals-svc');
  return (request: string) => {
    const caller = { kind: 'user', id, role: null, address: null, user_agent: null } as const;
    return inRequest({ request_id: request, caller }, () => record('t1', seen));
  };
}

const requestsOf = async (id: string) =>
  (
    await db.query<{ request: string }>(
      `SELECT envelope->'data'->>'request_id' AS request FROM outbox
       WHERE envelope->'data'->'actor'->>'id' = $1 ORDER BY 1`,
      [id],
    )
  ).map(({ request }) => request);

test('who looks while others are being recorded is recorded with those who come too, and each has a record', async () => {
  const user = randomUUID();
  const holds = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  let commits = 0;
  const lookAs = look(user, {
    async withTenant(tenantId, work) {
      await holds[commits++]?.promise;
      return db.database.plain.withTenant(tenantId, work);
    },
  });
  const requests = Array.from({ length: 9 }, (_, at) => `r-${at}`);
  const answered: string[] = [];
  const all = requests.map((request) => lookAs(request).then(() => answered.push(request)));
  await eventually(() => expect(commits).toBe(1));
  // The second begins beside the first, with all that came since.
  const later = ['r-a', 'r-b'].map((request) => lookAs(request).then(() => answered.push(request)));
  await eventually(() => expect(commits).toBe(2));
  const last = lookAs('r-c').then(() => answered.push('r-c'));
  holds[1]?.resolve();
  await Promise.all(later);
  expect(answered.toSorted()).toEqual(['r-a', 'r-b']);
  for (const { resolve } of holds) resolve();
  await Promise.all([...all, last]);
  expect(commits).toBe(3);
  expect(await requestsOf(user)).toEqual([...requests, 'r-a', 'r-b', 'r-c']);
});

test('a look that cannot be recorded is refused, and the next one is recorded', async () => {
  const user = randomUUID();
  let away = true;
  const lookAs = look(user, {
    async withTenant(tenantId, work) {
      if (away) throw new Error('the database is away');
      return db.database.plain.withTenant(tenantId, work);
    },
  });
  await expect(Promise.all([lookAs('r-1'), lookAs('r-2')])).rejects.toThrow('the database is away');
  away = false;
  await lookAs('r-3');
  expect(await requestsOf(user)).toEqual(['r-3']);
});

test('records leave in batches, and those of the last moment before the relay stops', async () => {
  const batches: string[][] = [];
  let isNewTurn = true;
  const publish = async ({ id }: { id: string }) => {
    if (isNewTurn) batches.push([]);
    isNewTurn = false;
    setImmediate(() => {
      isNewTurn = true;
    });
    batches.at(-1)?.push(id);
  };
  const relay = createOutboxRelay({
    publisher: 'deals-svc',
    database: db.database,
    bus: { ...createMemoryBus(), publish },
    log: keptLog().log,
    pollMs: 60_000,
    flushMs: 1,
  });
  const running = runWorkers([relay]);
  stops.push(() => running.stop());
  const lookAs = look(randomUUID());
  const unpublished = async () =>
    (await db.query<{ id: string }>('SELECT id FROM outbox WHERE published_at IS NULL')).map(({ id }) => id);
  const allPublished = () => eventually(async () => expect(await unpublished()).toEqual([]));
  // What was there before the relay leaves by another way.
  await lookAs('the first');
  await allPublished();
  batches.length = 0;
  await eventually(async () => {
    for (const request of ['one commit', 'another', 'a third']) await lookAs(request);
    await allPublished();
    expect(Math.max(...batches.map(({ length }) => length))).toBeGreaterThan(1);
  });
  await lookAs('the last');
  const [last] = await db.query<{ id: string }>('SELECT id FROM outbox ORDER BY id DESC LIMIT 1');
  await running.stop();
  expect(batches.flat()).toContain(last?.id);
});
