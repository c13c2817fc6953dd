import { randomUUID } from 'node:crypto';
import { eventually } from '@uw-wizard/testkit/eventually';
import { expect, test } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { createMetricsRegistry } from '../src/platform/metrics.ts';
import { fact, writeFacts } from '../src/platform/outbox.ts';
import { createOutboxRelay } from '../src/platform/outbox-relay.ts';
import { watchTables } from '../src/platform/watch-tables.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { bus, db, event, follow, kept, publish, useConsumerWorld } from './consumer-world.ts';

useConsumerWorld();

/** The figures of `name`, by their labels other than the service's. */
async function figures(registry: ReturnType<typeof createMetricsRegistry>, name: string): Promise<number[]> {
  const lines = (await registry.text()).split('\n').filter((line) => line.startsWith(`${name}{`));
  return lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
}

test('what waits to be published is counted, with the age of the oldest, and so is what was given up', async () => {
  const registry = createMetricsRegistry();
  watchTables(db.database.worker, registry.of('test-svc'));
  expect(await figures(registry, 'uw_outbox_unpublished')).toEqual([0]);
  expect(await figures(registry, 'uw_outbox_oldest_seconds')).toEqual([0]);
  await db.database.withTenant('t1', (tx) =>
    writeFacts(tx, { tenantId: 't1', now: new Date() }, [
      fact(dealUpdated, { dealId: randomUUID() }, { fields: [] }),
      fact(dealUpdated, { dealId: randomUUID() }, { fields: [] }),
    ]),
  );
  await db.query(
    `UPDATE outbox SET created_at = now() - interval '90 seconds' WHERE id = (SELECT id FROM outbox ORDER BY id LIMIT 1)`,
  );
  await db.query(
    `INSERT INTO dead_letter (id, publisher, type, body, reason, attempts, discarded_at) VALUES
     (gen_random_uuid(), 'deals-svc', 'deal.updated', '{}', 'open', 1, NULL),
     (gen_random_uuid(), 'deals-svc', 'deal.updated', '{}', 'seen to', 1, now())`,
  );
  await eventually(async () => {
    expect(await figures(registry, 'uw_outbox_unpublished')).toEqual([2]);
    expect(await figures(registry, 'uw_dead_letters')).toEqual([1]);
  });
  const [oldest] = await figures(registry, 'uw_outbox_oldest_seconds');
  expect(oldest).toBeGreaterThanOrEqual(90);
  expect(oldest).toBeLessThan(120);
});

test('however often the metrics are read, the database is asked once a second at most, and again after a failure', async () => {
  const registry = createMetricsRegistry();
  const asked: string[] = [];
  let away = true;
  const pool = {
    async query(text: string) {
      asked.push(text);
      if (away) throw new Error('away');
      return { rows: [{ unpublished: 3, oldest: 1, open: 4 }] };
    },
  };
  // What it asks is what this is about: a pool that counts.
  watchTables(pool as never, registry.of('test-svc'));
  await registry.text();
  away = false;
  expect(await figures(registry, 'uw_outbox_unpublished')).toEqual([3]);
  for (let read = 0; read < 5; read += 1) await registry.text();
  expect(asked).toHaveLength(4);
});

test('how long events took to be published and to be handled is told, and what came twice', async () => {
  const registry = createMetricsRegistry();
  const metrics = registry.of('test-svc');
  follow(undefined, { metrics });
  const first = event(1, { time: new Date(Date.now() - 3_000).toISOString() });
  await publish(first);
  await publish(first);
  expect(await figures(registry, 'uw_inbox_duplicates_total')).toEqual([1]);
  expect(await figures(registry, 'uw_event_delay_seconds_count')).toEqual([1]);
  const [delay] = await figures(registry, 'uw_event_delay_seconds_sum');
  expect(delay).toBeGreaterThan(3);
  expect(delay).toBeLessThan(10);

  const silent = createMemoryBus();
  const relay = createOutboxRelay({ publisher: 'sms-svc', database: db.database, bus: silent, log: kept.log, metrics });
  const running = runWorkers([relay]);
  await db.database.withTenant('t1', (tx) =>
    writeFacts(tx, { tenantId: 't1', now: new Date() }, [fact(dealUpdated, { dealId: randomUUID() }, { fields: [] })]),
  );
  await eventually(async () => expect(await figures(registry, 'uw_outbox_publish_delay_seconds_count')).toEqual([1]));
  await running.stop();
  await bus.close();
});
