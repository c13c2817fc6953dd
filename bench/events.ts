import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { createDatabases, databaseUrls } from '@uw-wizard/e2e/cluster/databases';
import { makeGuardedFolder } from '@uw-wizard/e2e/cluster/guard';
import { postgresPart } from '@uw-wizard/e2e/cluster/postgres-part';
import { percentile } from '@uw-wizard/e2e/flow/many-flows';
import { dealUpdated } from '@uw-wizard/shared/contracts/deals';
import { roleOf } from '@uw-wizard/shared/platform/access';
import type { Bus } from '@uw-wizard/shared/platform/bus';
import { on } from '@uw-wizard/shared/platform/consumer';
import { createConsumers } from '@uw-wizard/shared/platform/consumers';
import { type Database, openDatabase, type SqlTx } from '@uw-wizard/shared/platform/database';
import { createLogger } from '@uw-wizard/shared/platform/logger';
import { noMetrics } from '@uw-wizard/shared/platform/metrics';
import { migrate } from '@uw-wizard/shared/platform/migrate';
import { openBus } from '@uw-wizard/shared/platform/open-bus';
import { fact, writeFacts } from '@uw-wizard/shared/platform/outbox';
import { createOutboxRelay } from '@uw-wizard/shared/platform/outbox-relay';
import { runWorkers } from '@uw-wizard/shared/platform/worker';
import { startNats } from '@uw-wizard/testkit/nats';
import { findFreePort } from '@uw-wizard/testkit/servers/free-port';
import { createSqlClient } from '@uw-wizard/testkit/sql-client';

export type EventTimes = {
  /** From an event's writing to the end of its handling in another service, at a steady rate. */
  delay: { perSecond: number; events: number; p50Ms: number; p99Ms: number };
  /** Events that one relay publishes per second when many wait. */
  relay: { events: number; perSecond: number };
};

const warmUpSeconds = 5;
const password = 'bench';
const log = createLogger({ service: 'bench', level: 'warn' });
const migrations = new URL('../apps/deals-svc/prisma/migrations/', import.meta.url);

/** Measures the way of events from one database through JetStream into another, on servers of its own. */
export async function measureEvents(options: {
  perSecond: number;
  seconds: number;
  backlog: number;
  say: (line: string) => void;
}): Promise<EventTimes> {
  const folder = await makeGuardedFolder();
  const port = await findFreePort();
  const postgres = postgresPart({ folder: folder.path, port, password, onSpawn: folder.own });
  const nats = await startNats();
  try {
    await postgres.start();
    const adminUrl = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`;
    await createDatabases(adminUrl, password);
    const open = async (name: 'deals' | 'signing') => {
      const urls = databaseUrls(adminUrl, name, password);
      await migrate({
        url: urls.DATABASE_MIGRATION_URL,
        folder: fileURLToPath(migrations),
        roles: { runtime: roleOf(urls.DATABASE_URL) ?? '', worker: roleOf(urls.DATABASE_WORKER_URL) ?? '' },
      });
      return openDatabase({
        url: urls.DATABASE_URL,
        workerUrl: urls.DATABASE_WORKER_URL,
        client: () => createSqlClient(urls.DATABASE_URL),
      });
    };
    const [writer, reader] = [await open('deals'), await open('signing')];
    const buses = await Promise.all(['deals-svc', 'signing-svc'].map((name) => openBus({ url: nats.url, name, log })));
    try {
      const [from, to] = buses;
      if (from === undefined || to === undefined) throw new Error('a bus has two ends');
      options.say(`events: ${options.perSecond} a second for ${options.seconds} s`);
      const delay = await measureDelay({ writer, reader, from, to, ...options });
      options.say(`relay: ${options.backlog} events`);
      const relay = await measureRelay({ writer, from, backlog: options.backlog });
      return { delay, relay };
    } finally {
      await Promise.all(buses.map((bus) => bus.close()));
      await Promise.all([writer.close(), reader.close()]);
    }
  } finally {
    await nats.stop();
    await postgres.stop();
    await folder.remove();
  }
}

type Db = Database<SqlTx>;

async function measureDelay(way: {
  writer: Db;
  reader: Db;
  from: Bus;
  to: Bus;
  perSecond: number;
  seconds: number;
}): Promise<EventTimes['delay']> {
  const { writer, reader, from, to, perSecond, seconds } = way;
  const delays: number[] = [];
  const metrics = {
    ...noMetrics,
    eventHandled: (_: string, delaySeconds: number) => void delays.push(delaySeconds * 1_000),
  };
  const workers = runWorkers([
    ...createConsumers({
      service: 'signing-svc',
      // As the services do it.
      database: reader.plain,
      bus: to,
      log,
      metrics,
      following: [
        { publisher: 'deals-svc', handlers: [on(dealUpdated, async (tx) => void (await tx.$executeRaw`SELECT 1`))] },
      ],
      onGivenUp: async (_tx, given) => {
        throw new Error(`given up: ${given.reason}`);
      },
    }),
    createOutboxRelay({ publisher: 'deals-svc', database: writer, bus: from, log }),
  ]);
  const deals = Array.from({ length: 50 }, () => randomUUID());
  const write = async (events: number): Promise<void> => {
    const startedAt = performance.now();
    const writing: Promise<void>[] = [];
    for (let at = 0; at < events; at += 1) {
      const waitMs = startedAt + (at * 1_000) / perSecond - performance.now();
      if (waitMs > 0) await sleep(waitMs);
      writing.push(announce(writer, [deals[at % deals.length] ?? '']));
    }
    await Promise.all(writing);
    await until(() => delays.length >= events);
  };
  // The first events make streams and connections, those of the next seconds find code that is not compiled yet.
  await write(perSecond * warmUpSeconds);
  delays.length = 0;
  const events = perSecond * seconds;
  await write(events);
  await workers.stop();
  return { perSecond, events, p50Ms: percentile(delays, 0.5), p99Ms: percentile(delays, 0.99) };
}

async function measureRelay({
  writer,
  from,
  backlog,
}: {
  writer: Db;
  from: Bus;
  backlog: number;
}): Promise<EventTimes['relay']> {
  const perCommit = 100;
  for (let written = 0; written < backlog; written += perCommit) {
    await announce(
      writer,
      Array.from({ length: perCommit }, () => randomUUID()),
    );
  }
  const startedAt = performance.now();
  const workers = runWorkers([createOutboxRelay({ publisher: 'deals-svc', database: writer, bus: from, log })]);
  const left = async () => {
    const { rows } = await writer.worker.query<{ left: string }>(
      'SELECT count(*) AS left FROM outbox WHERE published_at IS NULL',
    );
    return Number(rows[0]?.left);
  };
  while ((await left()) > 0) await sleep(20);
  const tookMs = performance.now() - startedAt;
  await workers.stop();
  return { events: backlog, perSecond: (backlog / tookMs) * 1_000 };
}

async function announce(database: Db, dealIds: readonly string[]): Promise<void> {
  const facts = dealIds.map((dealId) => fact(dealUpdated, { dealId }, { fields: ['dba'] }));
  await database.plain.withTenant(
    'bench',
    async (tx) => void (await writeFacts(tx, { tenantId: 'bench', now: new Date() }, facts)),
  );
}

async function until(done: () => boolean): Promise<void> {
  const deadline = Date.now() + 60_000;
  while (!done()) {
    if (Date.now() > deadline) throw new Error('the events did not arrive within a minute');
    await sleep(10);
  }
}
