import { type ChildProcess, fork } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import type { Bus } from '../src/platform/bus.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { on } from '../src/platform/consumer.ts';
import { createConsumers } from '../src/platform/consumers.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createOutboxRelay, type OutboxRelayOptions } from '../src/platform/outbox-relay.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let db: PlatformDatabase;
let children: ChildProcess[] = [];
let stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  db = await createPlatformDatabase();
  stored = [];
});
afterEach(async () => {
  for (const child of children) child.kill('SIGKILL');
  children = [];
  for (const stop of stops.toReversed()) await stop();
  stops = [];
  await db.drop();
});

const { log } = keptLog();

/** A relay as a second replica has it: with connections of its own. */
function startRelay(bus: Bus, more: Partial<OutboxRelayOptions> = {}) {
  const relay = createOutboxRelay({ publisher: 'deals-svc', database: db.another(), bus, log, pollMs: 50, ...more });
  const running = runWorkers([relay]);
  stops.push(() => running.stop());
}

/** What a server has stored, in the order in which it came. */
let stored: { subject: string; sequence: number }[] = [];

/** One replica's connection to the server: what is published there comes in its order, each event after `latencyMs`. */
function connection(latencyMs: number, refuses: (subject: string) => boolean = () => false): Bus {
  return {
    ...createMemoryBus(),
    async publish({ body }) {
      const { subject, sequence } = JSON.parse(body);
      if (refuses(subject)) throw new Error('no connection');
      await new Promise((resolve) => setTimeout(resolve, latencyMs));
      stored.push({ subject, sequence });
    },
  };
}

async function write(dealId: string, count: number): Promise<void> {
  const facts = Array.from({ length: count }, () => fact(dealUpdated, { dealId }, { fields: [] }));
  await db.database.withTenant('t1', (tx) => writeFacts(tx, { tenantId: 't1', now: new Date() }, facts));
}

const unpublished = async () =>
  Number((await db.query<{ n: string }>('SELECT count(*) AS n FROM outbox WHERE published_at IS NULL'))[0]?.n);

/** Of each deal, the sequences in the order in which they were stored. */
function perDeal(): number[][] {
  return [...Map.groupBy(stored, ({ subject }) => subject).values()].map((events) =>
    events.map(({ sequence }) => sequence),
  );
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

test('a backlog of 5,000 events leaves through two relays once, and in the order of each deal', async () => {
  const deals = Array.from({ length: 50 }, () => randomUUID());
  // The deals take turns, so that a relay which claims the oldest rows meets events of all of them.
  for (let round = 0; round < 10; round += 1) await Promise.all(deals.map((dealId) => write(dealId, 10)));
  startRelay(connection(20), { batch: 70 });
  startRelay(connection(1), { batch: 30 });
  await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 20_000 });
  expect(stored).toHaveLength(5_000);
  expect(new Set(perDeal().map(String))).toEqual(new Set([String(upTo(100))]));
});

test('what is written while two relays are at it leaves in the order of each deal', async () => {
  const deals = Array.from({ length: 5 }, () => randomUUID());
  startRelay(connection(20), { database: db.database });
  startRelay(connection(1), { pollMs: 5 });
  for (let round = 0; round < 20; round += 1) await Promise.all(deals.map((dealId) => write(dealId, 2)));
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(new Set(perDeal().map(String))).toEqual(new Set([String(upTo(40))]));
});

test('what another relay held back leaves long before the next look', async () => {
  const dealId = randomUUID();
  await write(dealId, 1);
  await db.query(`UPDATE outbox SET leased_by = gen_random_uuid(), leased_until = now() + interval '300 milliseconds'`);
  startRelay(connection(0), { database: db.database, pollMs: 60_000 });
  await write(dealId, 1);
  await eventually(() => expect(perDeal()).toEqual([[1, 2]]));
});

test('an event that cannot be published yet holds up no other deal, and leaves before those after it', async () => {
  const [stuck, other] = [randomUUID(), randomUUID()];
  let away = true;
  const refuses = (subject: string) => away && subject === stuck;
  startRelay(connection(20, refuses));
  startRelay(connection(1, refuses));
  await write(stuck, 1);
  await write(stuck, 2);
  await write(other, 3);
  await eventually(() => expect(perDeal()).toEqual([[1, 2, 3]]));
  away = false;
  await eventually(() => expect(stored).toHaveLength(6));
  expect(perDeal()).toEqual([upTo(3), upTo(3)]);
});

test('an event that comes while the failure of the one before it is not noted yet leaves behind it', async () => {
  const dealId = randomUUID();
  let refused = 0;
  startRelay(
    connection(0, () => {
      refused += 1;
      return refused === 1;
    }),
    { database: db.database },
  );
  await write(dealId, 1);
  await eventually(() => expect(refused).toBe(1), { everyMs: 1 });
  await write(dealId, 1);
  await eventually(() => expect(perDeal()).toEqual([[1, 2]]));
});

test('events of one deal that a relay got in an order of its own leave by their numbers', async () => {
  await write(randomUUID(), 3);
  // The transaction that began first was the last to get a number.
  await db.query(`UPDATE outbox SET created_at = created_at - sequence * interval '1 second'`);
  startRelay(connection(0));
  await eventually(() => expect(perDeal()).toEqual([[1, 2, 3]]));
});

test('a relay that is killed in the middle loses nothing: another one goes on, and every event is handled once', async () => {
  const memory = createMemoryBus();
  stops.push(() => memory.close());
  const consumers = createConsumers<SqlTx>({
    service: 'signing-svc',
    database: db.another(),
    bus: memory,
    log,
    following: [
      {
        publisher: 'deals-svc',
        handlers: [
          on(dealUpdated, async (tx, { subject, sequence }) => {
            await tx.$executeRaw`INSERT INTO effect (what) VALUES (${`${subject} ${sequence}`})`;
          }),
        ],
      },
    ],
    onGivenUp: async () => undefined,
    retryMs: 10,
  });
  const running = runWorkers(consumers);
  stops.push(() => running.stop());
  const deals = Array.from({ length: 20 }, () => randomUUID());
  await Promise.all(deals.map((dealId) => write(dealId, 10)));

  const child = fork(new URL('./relay-process.ts', import.meta.url), [db.workerUrl, '1000'], { execArgv: [] });
  children.push(child);
  let delivered = 0;
  child.on('message', async ({ id, subject, body }: { id: string; subject: string; body: string }) => {
    await memory.publish({ stream: 'deals-svc', subject, id, body });
    delivered += 1;
    // Delivered and not acknowledged: the worst moment there is.
    if (delivered === 50) child.kill('SIGKILL');
    else if (child.connected && delivered < 50) child.send({ id });
  });
  await new Promise((resolve) => child.once('exit', resolve));
  expect(await unpublished()).toBeGreaterThan(100);
  const [leased] = await db.query<{ n: number }>('SELECT count(*)::int AS n FROM outbox WHERE leased_until > now()');
  expect(leased?.n).toBeGreaterThan(0);

  startRelay(memory);
  await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 15_000 });
  const handled = await effects(db);
  expect(handled).toHaveLength(200);
  for (const dealId of deals) {
    const sequences = handled.filter((what) => what.startsWith(dealId)).map((what) => Number(what.split(' ')[1]));
    expect(sequences).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  }
});
