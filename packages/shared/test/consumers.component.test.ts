import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealStarted, dealUpdated } from '../src/contracts/deals.ts';
import type { Envelope } from '../src/contracts/event.ts';
import { DomainError } from '../src/errors.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { type Following, type GivenUp, on } from '../src/platform/consumer.ts';
import { type ConsumersOptions, createConsumers } from '../src/platform/consumers.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { lastTime } from '../src/platform/outbox.ts';
import { currentRequest } from '../src/platform/request-context.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
let bus = createMemoryBus();
let given: GivenUp[] = [];
let kept = keptLog();
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  db = await createPlatformDatabase();
  bus = createMemoryBus();
  given = [];
  kept = keptLog();
});
afterEach(async () => {
  await bus.close();
  for (const stop of stops.splice(0)) await stop();
  await db.drop();
});

type Handle = (tx: SqlTx, event: Envelope) => Promise<void>;

/** Notes each event as `sequence` (and its data's first field). */
const note: Handle = async (tx, { sequence, data }) => {
  const what = `${sequence} ${String(Object(data.fields)[0] ?? '')}`.trim();
  await tx.$executeRaw`INSERT INTO effect (what) VALUES (${what})`;
};

function follow(handle: Handle = note, more: Partial<ConsumersOptions<SqlTx>> = {}): () => Promise<void> {
  const following: Following<SqlTx>[] = [{ publisher: 'deals-svc', handlers: [on(dealUpdated, handle)] }];
  const workers = createConsumers<SqlTx>({
    service: 'test-svc',
    database: db.database,
    bus,
    log: kept.log,
    following,
    onGivenUp: async (_tx, what) => void given.push(what),
    retryMs: 10,
    ...more,
  });
  const running = runWorkers(workers);
  stops.push(() => running.stop());
  return () => running.stop();
}

const dealId = '0195d1c0-0000-7000-8000-000000000001';

function event(sequence: number, more: Partial<Envelope> = {}): Envelope {
  return {
    specversion: '1.0',
    id: randomUUID(),
    source: 'deals-svc',
    type: dealUpdated.type,
    time: new Date(Date.UTC(2025, 2, 1, 12, 0, sequence)).toISOString(),
    subject: dealId,
    datacontenttype: 'application/json',
    dataversion: 1,
    tenantid: 't1',
    dealid: dealId,
    sequence,
    data: { fields: [] },
    ...more,
  };
}

const publish = (envelope: Envelope, body = JSON.stringify(envelope)) =>
  bus.publish({ stream: 'deals-svc', subject: envelope.type, id: envelope.id, body });

const inbox = () =>
  db.query<{ sequence: number; outcome: string; attempts: number; last_error: string | null }>(
    'SELECT sequence::int, outcome, attempts, last_error FROM inbox ORDER BY sequence',
  );
const cursor = async () =>
  (await db.query<{ n: number }>('SELECT last_sequence::int AS n FROM inbox_cursor WHERE subject = $1', [dealId]))[0]
    ?.n;
const deadLetters = () =>
  db.query<{ id: string; reason: string; attempts: number; body: string }>(
    'SELECT id, reason, attempts, body FROM dead_letter',
  );

test('an event that comes twice takes effect once', async () => {
  follow();
  const first = event(1);
  await publish(first);
  await publish(first);
  expect(await effects(db)).toEqual(['1']);
  expect(await inbox()).toMatchObject([{ sequence: 1, outcome: 'handled' }]);
});

test('an event that two replicas get at once takes effect once', async () => {
  follow();
  follow(note, { service: 'test-svc', database: db.another() });
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
  follow();
  await Promise.all([5, 3, 4, 1, 2].map((sequence) => publish(event(sequence))));
  expect(await effects(db)).toEqual(['1', '2', '3', '4', '5']);
  expect(given).toEqual([]);
});

test('an early event waits without being counted as failed, while other deals go on', async () => {
  follow(note, { maxAttempts: 2 });
  const early = publish(event(2));
  const other = '0195d1c0-0000-7000-8000-000000000002';
  await publish(event(1, { subject: other, dealid: other, data: { fields: ['other'] } }));
  expect(await effects(db)).toEqual(['1 other']);
  await new Promise((resolve) => setTimeout(resolve, 150));
  expect(await inbox()).toHaveLength(1);
  await publish(event(1));
  await early;
  expect(await effects(db)).toEqual(['1 other', '1', '2']);
});

test('events that came right after one in hand wait for it without holding a connection', async () => {
  const begun = Promise.withResolvers<void>();
  const hold = Promise.withResolvers<void>();
  follow(async (tx, envelope) => {
    begun.resolve();
    await hold.promise;
    await note(tx, envelope);
  });
  const published = [1, 2, 3, 4].map((sequence) => publish(event(sequence)));
  await begun.promise;
  await new Promise((resolve) => setTimeout(resolve, 150));
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
  const newest = await db.database.withTenant('t1', (tx) => lastTime(tx, 't1', dealId, new Date()));
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

test('an event that a rule refuses leaves no effect, is passed over, and is no case for a person', async () => {
  const kind = { code: 'illegal-transition', status: 409, title: 'No' };
  follow(async (tx, envelope) => {
    await note(tx, envelope);
    if (envelope.sequence === 1) throw new DomainError(kind, 'The deal is closed.');
  });
  await publish(event(1));
  await publish(event(2));
  expect(await effects(db)).toEqual(['2']);
  expect(await inbox()).toMatchObject([
    { outcome: 'refused', last_error: 'illegal-transition' },
    { outcome: 'handled' },
  ]);
  expect(given).toEqual([]);
  expect(await deadLetters()).toEqual([]);
});

test('an error that says "later" is no refusal: the event is tried again', async () => {
  let tries = 0;
  follow(async (tx, envelope) => {
    tries += 1;
    if (tries === 1) throw new DomainError({ code: 'owner-unavailable', status: 503, title: 'Away' }, 'Later.');
    await note(tx, envelope);
  });
  await publish(event(1));
  expect(await effects(db)).toEqual(['1']);
});

test('an event that fails at first takes effect once it can, and before its successors', async () => {
  follow(async (tx, envelope) => {
    await note(tx, envelope);
    const [row] = await db.query<{ attempts: number }>('SELECT attempts FROM inbox WHERE sequence = $1', [1]);
    if (envelope.sequence === 1 && (row?.attempts ?? 0) < 3) throw new Error('the disk is full');
  });
  const successor = publish(event(2));
  await publish(event(1));
  await successor;
  expect(await effects(db)).toEqual(['1', '2']);
  expect(await inbox()).toMatchObject([{ outcome: 'handled', attempts: 3, last_error: null }, { outcome: 'handled' }]);
});

test('an event that fails every time is given up after its tries, kept whole, told once, and stops no successor', async () => {
  follow(
    async (tx, envelope) => {
      await note(tx, envelope);
      if (envelope.sequence === 1) throw new Error('never');
    },
    { maxAttempts: 3 },
  );
  const first = event(1);
  await publish(first);
  await publish(event(2));
  await publish(first);
  expect(await effects(db)).toEqual(['2']);
  expect(await inbox()).toMatchObject([{ outcome: 'dead', attempts: 3, last_error: 'never' }, { outcome: 'handled' }]);
  const letters = await deadLetters();
  expect(letters).toMatchObject([{ id: first.id, reason: 'never', attempts: 3 }]);
  expect(JSON.parse(letters[0]?.body ?? '')).toEqual(first);
  expect(given).toEqual([
    { tenantId: 't1', subject: dealId, dealId, type: 'deal.updated', eventId: first.id, reason: 'never' },
  ]);
});

test('giving up is undone and tried again when the alert about it cannot be written', async () => {
  let alerts = 0;
  follow(() => Promise.reject(new Error('never')), {
    maxAttempts: 1,
    onGivenUp: async () => {
      alerts += 1;
      if (alerts === 1) throw new Error('no alert');
    },
  });
  await publish(event(1));
  expect(alerts).toBe(2);
  expect(await deadLetters()).toHaveLength(1);
});

test('an outage of the database is not counted against the event', async () => {
  follow(note, { maxAttempts: 2 });
  await db.query('ALTER TABLE inbox_cursor RENAME TO away');
  const published = publish(event(1));
  await eventually(() => expect(kept.lines.filter(({ level }) => level === 'error').length).toBeGreaterThan(3));
  await db.query('ALTER TABLE away RENAME TO inbox_cursor');
  await published;
  expect(await effects(db)).toEqual(['1']);
  expect(await inbox()).toMatchObject([{ outcome: 'handled', attempts: 1 }]);
});

test('a message that is no event is kept at once, told to nobody it cannot name, and stops nothing', async () => {
  follow();
  await publish(event(1), 'not json \u0000 at all');
  const letters = await deadLetters();
  expect(letters).toMatchObject([{ reason: 'not JSON', attempts: 1 }]);
  expect(given).toEqual([]);
  expect(kept.lines.some(({ level, msg }) => level === 'error' && String(msg).includes('dead letter'))).toBe(true);
  await publish(event(1));
  expect(await effects(db)).toEqual(['1']);
});

test('the tenant named for such cases hears once of a message that does not say whose it is', async () => {
  follow(note, { unknownTenantId: 'demo' });
  const odd = event(1);
  await publish(odd, '[]');
  await publish(odd, '[]');
  expect(given).toMatchObject([{ tenantId: 'demo' }]);
});

test('an unreadable event whose place is known is given up in its turn, and its successors go on', async () => {
  follow();
  const unreadable = event(2, { data: { fields: 'not a list' } });
  const [second, third] = [publish(unreadable), publish(event(3))];
  await new Promise((resolve) => setTimeout(resolve, 60));
  expect(await deadLetters()).toEqual([]);
  await publish(event(1));
  await Promise.all([second, third]);
  expect(await effects(db)).toEqual(['1', '3']);
  expect(await deadLetters()).toMatchObject([{ id: unreadable.id, reason: 'data: fields invalid_type' }]);
  expect(given).toMatchObject([{ tenantId: 't1', subject: dealId, eventId: unreadable.id }]);
});

test('an event of a version that is not understood, or from another publisher, is unreadable', async () => {
  follow();
  await publish(event(1, { dataversion: 2 }));
  await publish(event(1, { source: 'sms-svc' }));
  expect((await deadLetters()).map(({ reason }) => reason).toSorted()).toEqual([
    'from sms-svc, not from deals-svc',
    'version 2 of deal.updated, but version 1 is understood here',
  ]);
  expect(await cursor()).toBe(1);
});

test('a gap that does not close is told once, and closes when the missing event comes after all', async () => {
  follow(note, { gapAlertMs: 60 });
  const waiting = [2, 3].map((sequence) => publish(event(sequence)));
  await eventually(() => expect(given).toHaveLength(1));
  await new Promise((resolve) => setTimeout(resolve, 250));
  expect(given).toMatchObject([{ tenantId: 't1', subject: dealId, reason: expect.stringContaining('have not come') }]);
  await publish(event(1));
  await Promise.all(waiting);
  expect(await effects(db)).toEqual(['1', '2', '3']);
  expect((await inbox()).map(({ outcome }) => outcome)).toEqual(['handled', 'handled', 'handled']);
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
