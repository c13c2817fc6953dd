import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { dealUpdated, offerAccepted } from '../src/contracts/deals.ts';
import type { Bus } from '../src/platform/bus.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { on } from '../src/platform/consumer.ts';
import { createConsumers } from '../src/platform/consumers.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createOutboxRelay } from '../src/platform/outbox-relay.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, effects, type PlatformDatabase } from './platform-database.ts';

let deals: PlatformDatabase;
let signing: PlatformDatabase;
const stops: (() => Promise<void>)[] = [];
beforeEach(async () => {
  deals = await createPlatformDatabase();
  signing = await createPlatformDatabase();
});
afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
  await deals.drop();
  await signing.drop();
});

const { log } = keptLog();

function startRelay(bus: Bus) {
  const relay = createOutboxRelay({
    publisher: 'deals-svc',
    database: deals.database,
    bus,
    log,
    pollMs: 50,
    flushMs: 300,
  });
  const running = runWorkers([relay]);
  stops.push(() => running.stop());
  return running;
}

function startConsumer(bus: Bus, fail: (sequence: number) => boolean = () => false) {
  const note = async (tx: SqlTx, event: { sequence: number; subject: string }) => {
    await tx.$executeRaw`INSERT INTO effect (what) VALUES (${`${event.subject} ${event.sequence}`})`;
    if (fail(event.sequence)) throw new Error('not yet');
  };
  const workers = createConsumers<SqlTx>({
    service: 'signing-svc',
    database: signing.database,
    bus,
    log,
    following: [{ publisher: 'deals-svc', handlers: [on(dealUpdated, note), on(offerAccepted, note)] }],
    onGivenUp: async () => undefined,
    retryMs: 10,
  });
  const running = runWorkers(workers);
  stops.push(() => running.stop());
  return running;
}

const update = (dealId: string, count = 1) =>
  deals.database.withTenant('t1', (tx) =>
    writeFacts(
      tx,
      { tenantId: 't1', now: new Date() },
      Array.from({ length: count }, () => fact(dealUpdated, { dealId }, { fields: [] })),
    ),
  );
const unpublished = async () => (await deals.query('SELECT id FROM outbox WHERE published_at IS NULL')).length;

async function orderPerDeal(): Promise<Map<string, number[]>> {
  const order = new Map<string, number[]>();
  for (const what of await effects(signing)) {
    const [deal = '', sequence] = what.split(' ');
    order.set(deal, [...(order.get(deal) ?? []), Number(sequence)]);
  }
  return order;
}

test('what one service commits, another handles once and in order, with a hundred deals at a time', async () => {
  const bus = createMemoryBus();
  startConsumer(bus);
  startRelay(bus);
  const ids = Array.from({ length: 100 }, () => randomUUID());
  await Promise.all(
    ids.map(async (id) => {
      await update(id, 2);
      await update(id, 3);
    }),
  );
  await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 20_000 });
  const order = await orderPerDeal();
  expect(order.size).toBe(100);
  for (const sequences of order.values()) expect(sequences).toEqual([1, 2, 3, 4, 5]);
});

test('a process that dies after the delivery and before the mark leads to one effect', async () => {
  const memory = createMemoryBus();
  startConsumer(memory);
  let died = false;
  let published = 0;
  startRelay({
    ...memory,
    async publish(message) {
      await memory.publish(message);
      published += 1;
      if (!died) {
        died = true;
        throw new Error('died before the mark');
      }
    },
  });
  const dealId = randomUUID();
  await update(dealId, 3);
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect(published).toBe(4);
  expect((await orderPerDeal()).get(dealId)).toEqual([1, 2, 3]);
});

test('two relays and two consumers that all fail now and then lead to one effect each, in order', async () => {
  const memory = createMemoryBus();
  const flaky: Bus = {
    ...memory,
    async publish(message) {
      if (Math.random() < 0.2) throw new Error('before');
      await memory.publish(message);
      if (Math.random() < 0.2) throw new Error('after');
    },
  };
  for (let copy = 0; copy < 2; copy += 1) {
    startConsumer(memory, () => Math.random() < 0.1);
    startRelay(flaky);
  }
  const ids = Array.from({ length: 20 }, () => randomUUID());
  await Promise.all(ids.map((id) => update(id, 5)));
  await eventually(async () => expect(await unpublished()).toBe(0), { timeoutMs: 25_000 });
  const order = await orderPerDeal();
  for (const id of ids) expect(order.get(id)).toEqual([1, 2, 3, 4, 5]);
});

test('facts of a consumer that was away are handled when it is back', async () => {
  const bus = createMemoryBus();
  const first = startConsumer(bus);
  startRelay(bus);
  const dealId = randomUUID();
  await update(dealId);
  await eventually(async () => expect(await unpublished()).toBe(0));
  await first.stop();
  await update(dealId, 2);
  await eventually(async () => {
    const [row] = await deals.query<{ most: number }>('SELECT max(attempts) AS most FROM outbox');
    expect(row?.most).toBeGreaterThan(1);
  });
  startConsumer(bus);
  await eventually(async () => expect(await unpublished()).toBe(0));
  expect((await orderPerDeal()).get(dealId)).toEqual([1, 2, 3]);
});
