import { eventually } from '@uw-wizard/testkit/eventually';
import { describe, expect, test } from 'vitest';
import { dealStarted, dealUpdated } from '../src/contracts/deals.ts';
import { on } from '../src/platform/consumer.ts';
import type { ConsumersOptions } from '../src/platform/consumers.ts';
import type { Database, SqlTx } from '../src/platform/database.ts';
import { noMetrics } from '../src/platform/metrics.ts';
import { fact, lastTime, writeFacts } from '../src/platform/outbox.ts';
import { currentRequest } from '../src/platform/request-context.ts';
import {
  bus,
  cursor,
  db,
  dealId,
  event,
  follow,
  given,
  inbox,
  note,
  publish,
  sentBack,
  useConsumerWorld,
} from './consumer-world.ts';
import { effects } from './platform-database.ts';

useConsumerWorld();

/** How a service's consumers open their transactions. */
const ways: [string, (database: Database<SqlTx>) => ConsumersOptions<SqlTx>['database']][] = [
  ['through models', (database) => database],
  ['straight on the driver', (database) => database.plain],
];

describe.each(ways)('%s', (_name, way) => {
  test('an event that comes twice takes effect once', async () => {
    follow(note, { database: way(db.database) });
    const first = event(1);
    await publish(first);
    await publish(first);
    expect(await effects(db)).toEqual(['1']);
    expect(await inbox()).toMatchObject([{ sequence: 1, outcome: 'handled' }]);
  });

  test('an event that two replicas get at once takes effect once', async () => {
    follow(note, { database: way(db.database) });
    follow(note, { database: way(db.another()) });
    const twins = [1, 2, 3].map((sequence) => event(sequence));
    // Another message id for the same event: the bus cannot know that they are one.
    await Promise.all(
      twins.flatMap((envelope) =>
        [1, 2, 3].map((copy) =>
          bus.publish({
            stream: 'deals-svc',
            subject: envelope.type,
            id: `${envelope.id}-${copy}`,
            body: JSON.stringify(envelope),
          }),
        ),
      ),
    );
    expect(await effects(db)).toEqual(['1', '2', '3']);
  });

  test('events take effect in their order, whatever the order they come in', async () => {
    follow(note, { database: way(db.database) });
    await Promise.all([5, 3, 4, 1, 2].map((sequence) => publish(event(sequence))));
    expect(await effects(db)).toEqual(['1', '2', '3', '4', '5']);
    expect(given).toEqual([]);
  });

  test('an early event waits without being counted as failed, while other deals go on', async () => {
    follow(note, { database: way(db.database), maxAttempts: 2 });
    const early = publish(event(2));
    const other = '0195d1c0-0000-7000-8000-000000000002';
    await publish(event(1, { subject: other, dealid: other, data: { fields: ['other'] } }));
    expect(await effects(db)).toEqual(['1 other']);
    await eventually(() => expect(sentBack.length).toBeGreaterThan(2));
    expect(await inbox()).toHaveLength(1);
    await publish(event(1));
    await early;
    expect(await effects(db)).toEqual(['1 other', '1', '2']);
  });

  test('an event that comes again, or too early, leaves nothing of what it would have led to', async () => {
    follow(note, { database: way(db.database) });
    const early = publish(event(3, { data: { fields: ['early'] } }));
    await eventually(() => expect(sentBack.length).toBeGreaterThan(1));
    for (const name of ['once', 'again', 'and again']) await publish(event(1, { data: { fields: [name] } }));
    expect(await effects(db)).toEqual(['1 once']);
    await publish(event(2, { data: { fields: ['two'] } }));
    await early;
    expect(await effects(db)).toEqual(['1 once', '2 two', '3 early']);
    expect((await inbox()).map(({ sequence, outcome }) => [sequence, outcome])).toEqual([
      [1, 'handled'],
      [2, 'handled'],
      [3, 'handled'],
    ]);
  });
});

test('events that came right after one in hand wait for it without holding a connection', async () => {
  const begun = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  const other = '0195d1c0-0000-7000-8000-000000000002';
  follow(
    async (tx, envelope) => {
      if (envelope.subject === other) return;
      begun.resolve();
      await hold.promise;
      await note(tx, envelope);
    },
    { concurrency: 5 },
  );
  const first = publish(event(1));
  await begun.promise;
  const published = [first, ...[2, 3, 4].map((sequence) => publish(event(sequence)))];
  // It is delivered after those four. When it is done, each of them has had the time to take a connection as well.
  await publish(event(1, { subject: other, dealid: other }));
  const [row] = await db.query<{ n: number }>(
    `SELECT count(*)::int AS n FROM pg_stat_activity
     WHERE datname = current_database() AND state <> 'idle' AND pid <> pg_backend_pid()`,
  );
  hold.resolve();
  await Promise.all(published);
  expect(row?.n).toBe(1);
  expect(await effects(db)).toEqual(['1', '2', '3', '4']);
});

test('the same deal id at another tenant is another deal', async () => {
  follow();
  for (const sequence of [1, 2]) for (const tenantid of ['t1', 't2']) await publish(event(sequence, { tenantid }));
  expect(await effects(db)).toEqual(['1', '1', '2', '2']);
});

test('kinds that nobody handles are passed over in their turn, known or not', async () => {
  follow();
  await publish(event(1, { type: dealStarted.type, data: { anything: 1 } }));
  await publish(event(2, { type: 'deal.of_a_later_version', data: {} }));
  await publish(event(3));
  expect(await effects(db)).toEqual(['3']);
  expect(await cursor()).toBe(3);
});

test('kinds that nobody handles wait for their turn, are passed over once, and date what is announced next', async () => {
  const dropped: string[] = [];
  follow(undefined, { metrics: { ...noMetrics, duplicateDropped: (publisher) => void dropped.push(publisher) } });
  const unknown = (sequence: number, more = {}) => event(sequence, { type: 'deal.of_a_later_version', ...more });
  const third = unknown(3, { time: '2031-01-01T00:00:00.000Z' });
  const early = publish(third);
  await eventually(() => expect(sentBack).toContain(third.id));
  await publish(unknown(1));
  await publish(unknown(1));
  expect(await cursor()).toBe(1);
  await publish(unknown(2));
  await early;
  expect(await cursor()).toBe(3);
  expect(dropped).toEqual(['deals-svc']);
  await db.database.withTenant('t1', (tx) =>
    writeFacts(tx, { tenantId: 't1', now: new Date() }, [fact(dealUpdated, { dealId }, { fields: [] })]),
  );
  const newest = await db.database.withTenant('t1', (tx) => lastTime(tx, 't1', dealId));
  expect(newest).toBe('2031-01-01T00:00:00.001Z');
});

test('events that do not concern their handler are passed over in their turn, and kept no note of', async () => {
  const concerns = ({ data }: { data: { fields: string[] } }) => data.fields.includes('phone');
  follow(note, { following: [{ publisher: 'deals-svc', handlers: [on(dealUpdated, note, concerns)] }] });
  const second = event(2, { data: { fields: ['email'] } });
  const early = publish(second);
  await eventually(() => expect(sentBack).toContain(second.id));
  await publish(event(1, { data: { fields: ['phone'] } }));
  await early;
  await publish(event(3, { data: { fields: ['phone'] } }));
  expect(await effects(db)).toEqual(['1 phone', '3 phone']);
  expect(await inbox()).toMatchObject([{ sequence: 1 }, { sequence: 3 }]);
  expect(await cursor()).toBe(3);
});

test('an event that says too little to know whether it concerns its handler is given up', async () => {
  follow(note, { following: [{ publisher: 'deals-svc', handlers: [on(dealUpdated, note, () => false)] }] });
  await publish(event(1, { data: { fields: 'phone' } }));
  expect(await inbox()).toMatchObject([{ sequence: 1, outcome: 'dead' }]);
});

test('members that the contract does not know are dropped before the handler sees the event', async () => {
  const seen: unknown[] = [];
  follow(async (_tx, { data }) => void seen.push(data));
  await publish(event(1, { data: { fields: ['phone'], added_later: true } }));
  expect(seen).toEqual([{ fields: ['phone'] }]);
});

test('what an event leads to is dated later than the event', async () => {
  follow();
  const first = event(1, { time: '2031-01-01T00:00:00.000Z' });
  await publish(first);
  await publish(event(2, { type: dealStarted.type, time: '2031-01-02T00:00:00.000Z', data: {} }));
  const newest = await db.database.withTenant('t1', (tx) => lastTime(tx, 't1', dealId));
  expect(newest).toBe('2031-01-02T00:00:00.000Z');
});

test('a handler runs for the event: its id, tenant, deal and trace are in the log and in what it announces', async () => {
  const seen: unknown[] = [];
  follow(async () => void seen.push(currentRequest()));
  const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
  const first = event(1, { traceparent });
  await publish(first);
  expect(seen).toEqual([{ request_id: first.id, tenant_id: 't1', deal_id: dealId, traceparent }]);
});

test('a service that stops finishes what is in hand and leaves the rest to the outbox', async () => {
  const begun = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  const stop = follow(
    async (tx, envelope) => {
      begun.resolve();
      await hold.promise;
      await note(tx, envelope);
    },
    { concurrency: 1 },
  );
  const inHand = publish(event(1));
  const left = publish(event(2)).catch((error: Error) => error.message);
  await begun.promise;
  const stopped = stop();
  hold.resolve();
  await stopped;
  await inHand;
  expect(await left).toMatch(/test-svc-from-deals-svc has not taken the event/);
  expect(await effects(db)).toEqual(['1']);
});

test('a bus that is away at the start is tried until it is there', async () => {
  let tries = 0;
  const late = {
    ...bus,
    subscribe: (...args: Parameters<typeof bus.subscribe>) => {
      tries += 1;
      return tries < 3 ? Promise.reject(new Error('no server')) : bus.subscribe(...args);
    },
  };
  follow(note, { bus: late });
  await eventually(() => expect(tries).toBe(3));
  await publish(event(1));
  expect(await effects(db)).toEqual(['1']);
});

test('a handler sees, and writes, nothing of another tenant than its event’s', async () => {
  await db.query(
    "INSERT INTO outbox_clock (tenant_id, subject, last_time) VALUES ('t1', 'x', now()), ('t2', 'x', now())",
  );
  follow(
    async (tx) => {
      const [row] = await tx.$queryRaw<
        { n: number }[]
      >`SELECT count(*)::int AS n FROM outbox_clock WHERE subject = 'x'`;
      await tx.$executeRaw`INSERT INTO effect (what) VALUES (${`saw ${row?.n}`})`;
      if (row?.n === 1)
        await tx.$executeRaw`INSERT INTO outbox_clock (tenant_id, subject, last_time) VALUES ('t2', 'y', now())`;
    },
    { maxAttempts: 1 },
  );
  await publish(event(1));
  await eventually(() => expect(given).toHaveLength(1));
  expect(given[0]?.reason).toMatch(/row-level security/);
  expect(await effects(db)).toEqual([]);
  expect(await db.query("SELECT tenant_id FROM outbox_clock WHERE subject = 'y'")).toEqual([]);
});
