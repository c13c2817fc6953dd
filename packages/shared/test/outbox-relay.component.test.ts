import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import type { Bus } from '../src/platform/bus.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createOutboxRelay, type OutboxRelayOptions } from '../src/platform/outbox-relay.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  db = await createPlatformDatabase();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await db.drop();
});

function startRelay(bus: Bus, more: Partial<OutboxRelayOptions> = {}) {
  const relay = createOutboxRelay({
    publisher: 'deals-svc',
    database: db.database,
    bus,
    log: keptLog().log,
    pollMs: 50,
    flushMs: 200,
    ...more,
  });
  const running = runWorkers([relay]);
  stops.push(() => running.stop());
  return running;
}

/** A bus whose publish is `publish`; the rest is the in-process one. */
function busThat(publish: Bus['publish']): Bus {
  return { ...createMemoryBus(), publish };
}

async function write(dealId: string, count = 1, database = db.database): Promise<void> {
  const facts = Array.from({ length: count }, () => fact(dealUpdated, { dealId }, { fields: [] }));
  await database.withTenant('t1', (tx) => writeFacts(tx, { tenantId: 't1', now: new Date() }, facts));
}

const unpublished = async () =>
  Number((await db.query<{ n: string }>('SELECT count(*) AS n FROM outbox WHERE published_at IS NULL'))[0]?.n);

test('what was committed is published as its event, in the order it was written, and marked', async () => {
  const seen: { subject: string; id: string; sequence: number }[] = [];
  startRelay(
    busThat(async ({ subject, id, body }) => {
      seen.push({ subject, id, sequence: JSON.parse(body).sequence });
    }),
    { batch: 2 },
  );
  const dealId = randomUUID();
  await write(dealId, 5);
  await eventually(async () => expect(await unpublished()).toBe(0));
  const ids = await db.query<{ id: string }>('SELECT id FROM outbox ORDER BY sequence');
  expect(seen).toEqual(ids.map(({ id }, index) => ({ subject: 'deal.updated', id, sequence: index + 1 })));
});

test('what is written beside the relay is claimed as it is written, and published by nobody else meanwhile', async () => {
  const hold = Promise.withResolvers<void>();
  const seen: string[] = [];
  const publish = async ({ id, body }: { id: string; body: string }) => {
    seen.push(id);
    expect(JSON.parse(body)).toEqual((await db.query('SELECT envelope FROM outbox WHERE id = $1', [id]))[0]?.envelope);
    await hold.promise;
  };
  startRelay(busThat(publish), { pollMs: 60_000 });
  startRelay(busThat(publish), { database: db.another() });
  await eventually(async () => {
    const dealId = randomUUID();
    await write(dealId, 2);
    await write(dealId);
    const rows = await db.query('SELECT attempts, leased_by IS NOT NULL AS leased FROM outbox WHERE subject = $1', [
      dealId,
    ]);
    expect(rows).toEqual(Array.from({ length: 3 }, () => ({ attempts: 1, leased: true })));
  });
  hold.resolve();
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(new Set(seen).size).toBe(seen.length);
});

test('what is undone is not published, although it was claimed', async () => {
  const seen: string[] = [];
  startRelay(busThat(async ({ id }) => void seen.push(id)));
  const undone = db.database.withTenant('t1', async (tx) => {
    await writeFacts(tx, { tenantId: 't1', now: new Date() }, [
      fact(dealUpdated, { dealId: randomUUID() }, { fields: [] }),
    ]);
    throw new Error('undone');
  });
  await expect(undone).rejects.toThrow('undone');
  await write(randomUUID());
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(seen).toHaveLength(1);
});

test('an event waits behind one of its deal that another relay has in hand', async () => {
  const seen: number[] = [];
  const dealId = randomUUID();
  await write(dealId);
  await db.query(`UPDATE outbox SET leased_by = $1, leased_until = now() + interval '1 minute'`, [randomUUID()]);
  startRelay(busThat(async ({ body }) => void seen.push(JSON.parse(body).sequence)));
  await eventually(async () => {
    await write(randomUUID());
    expect(seen.length).toBeGreaterThan(0);
  });
  seen.length = 0;
  await write(dealId, 2);
  await write(dealId);
  const [row] = await db.query(`SELECT count(*)::int AS n FROM outbox WHERE subject = $1 AND leased_by IS NULL`, [
    dealId,
  ]);
  expect(row?.n).toBe(3);
  await db.query('UPDATE outbox SET published_at = now(), leased_by = NULL WHERE subject = $1 AND sequence = 1', [
    dealId,
  ]);
  await eventually(() => expect(seen).toEqual([2, 3, 4]));
});

test('a commit wakes the relay long before its next look', async () => {
  const seen: string[] = [];
  startRelay(
    busThat(async ({ id }) => void seen.push(id)),
    { pollMs: 60_000 },
  );
  await write(randomUUID());
  await eventually(() => expect(seen).toHaveLength(1));
  await write(randomUUID());
  await eventually(() => expect(seen).toHaveLength(2));
});

test('rows that another process wrote are found by the next look', async () => {
  const seen: string[] = [];
  startRelay(busThat(async ({ id }) => void seen.push(id)));
  await write(randomUUID(), 1, db.another());
  await eventually(() => expect(seen).toHaveLength(1));
});

test('a bus that fails for a while loses nothing', async () => {
  let broken = true;
  const seen: string[] = [];
  startRelay(
    busThat(async ({ id }) => {
      if (broken) throw new Error('no connection');
      seen.push(id);
    }),
  );
  const dealId = randomUUID();
  await write(dealId, 10);
  await eventually(async () => {
    const [row] = await db.query<{ least: number }>('SELECT min(attempts) AS least FROM outbox');
    expect(row?.least).toBeGreaterThan(1);
  });
  expect(await unpublished()).toBe(10);
  broken = false;
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(new Set(seen).size).toBe(10);
});

test('one row that cannot be published stops no other', async () => {
  const stuck = randomUUID();
  let others = 0;
  startRelay(
    busThat(async ({ body }) => {
      if (JSON.parse(body).subject === stuck) return new Promise(() => undefined);
      others += 1;
    }),
    { batch: 3 },
  );
  await write(stuck, 10);
  for (let count = 0; count < 10; count += 1) await write(randomUUID(), 2);
  await eventually(() => expect(others).toBe(20));
  expect(await unpublished()).toBeGreaterThanOrEqual(10);
});

test('a row that takes longer than its lease is not taken over by another relay', async () => {
  const hold = Promise.withResolvers<void>();
  let published = 0;
  const bus = busThat(async () => {
    published += 1;
    await hold.promise;
  });
  startRelay(bus, { leaseMs: 1_000 });
  startRelay(bus, { leaseMs: 1_000, database: db.another() });
  await write(randomUUID());
  await eventually(() => expect(published).toBe(1));
  const [begun] = await db.query<{ leased_until: Date }>('SELECT leased_until FROM outbox');
  await eventually(async () => {
    const [row] = await db.query<{ later: number }>(
      'SELECT extract(epoch FROM leased_until - $1::timestamptz)::float AS later FROM outbox',
      [begun?.leased_until],
    );
    expect(row?.later).toBeGreaterThan(1);
  });
  expect(published).toBe(1);
  hold.resolve();
  await eventually(async () => expect(await unpublished()).toBe(0));
});

test('two relays on one outbox publish every row once', async () => {
  const seen: string[] = [];
  const bus = busThat(async ({ id }) => {
    seen.push(id);
    await new Promise((resolve) => setImmediate(resolve));
  });
  await Promise.all(Array.from({ length: 20 }, () => write(randomUUID(), 10)));
  startRelay(bus, { batch: 7 });
  startRelay(bus, { batch: 7, database: db.another() });
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(seen).toHaveLength(200);
  expect(new Set(seen).size).toBe(200);
});

test('rows of a relay that died are published by the next one when their lease has run out', async () => {
  await write(randomUUID(), 3);
  await db.query(`UPDATE outbox SET leased_until = now() + interval '300 milliseconds', attempts = 1`);
  const begun = Date.now();
  const seen: number[] = [];
  startRelay(busThat(async () => void seen.push(Date.now())));
  await eventually(() => expect(seen).toHaveLength(3));
  expect(Math.min(...seen) - begun).toBeGreaterThan(150);
});

test('stopping waits for rows in flight and leaves the rest without a lease', async () => {
  const hold = Promise.withResolvers<void>();
  const stuck = randomUUID();
  const begun: string[] = [];
  const relay = startRelay(
    busThat(async ({ body }) => {
      const { subject } = JSON.parse(body);
      begun.push(subject);
      await (subject === stuck ? new Promise(() => undefined) : hold.promise);
    }),
    { leaseMs: 60_000 },
  );
  const quick = randomUUID();
  await write(stuck);
  await write(quick);
  await eventually(() => expect(begun).toHaveLength(2));
  const stopped = relay.stop();
  hold.resolve();
  await stopped;
  const rows = await db.query(
    'SELECT subject, published_at IS NOT NULL AS published FROM outbox WHERE leased_until IS NULL OR leased_until <= now()',
  );
  expect(rows.toSorted((a, b) => Number(a.published) - Number(b.published))).toEqual([
    { subject: stuck, published: false },
    { subject: quick, published: true },
  ]);
});

test('a database that cuts its connections does not end the relay', async () => {
  const seen: string[] = [];
  const { log, lines } = keptLog();
  startRelay(
    busThat(async ({ id }) => void seen.push(id)),
    { log },
  );
  await db.query('ALTER TABLE outbox RENAME TO outbox_away');
  await eventually(() => expect(lines.some(({ msg }) => String(msg).includes('claiming failed'))).toBe(true));
  await db.query('ALTER TABLE outbox_away RENAME TO outbox');
  await db.query(
    'SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()',
  );
  await write(randomUUID());
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(seen).toHaveLength(1);
});

test('nothing is claimed while the bus is away', async () => {
  const bus = busThat(async () => undefined);
  let connected = false;
  let asked = 0;
  const away = {
    ...bus,
    connected() {
      asked += 1;
      return connected;
    },
  };
  startRelay(away);
  await write(randomUUID());
  await write(randomUUID());
  const before = asked;
  // What the relay did after it was told "no" is done when it asks again.
  await eventually(() => expect(asked).toBeGreaterThan(before + 1));
  const [row] = await db.query<{ most: number }>('SELECT max(attempts) AS most FROM outbox');
  expect(row?.most).toBe(0);
  connected = true;
  await eventually(async () => expect(await unpublished()).toBe(0));
});
