import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach } from 'vitest';
import { dealUpdated } from '../src/contracts/deals.ts';
import type { Envelope } from '../src/contracts/event.ts';
import type { Bus } from '../src/platform/bus.ts';
import { createMemoryBus } from '../src/platform/bus-memory.ts';
import { type Following, type GivenUp, on } from '../src/platform/consumer.ts';
import { type ConsumersOptions, createConsumers } from '../src/platform/consumers.ts';
import type { SqlTx } from '../src/platform/database.ts';
import { runWorkers } from '../src/platform/worker.ts';
import { keptLog } from './kept-log.ts';
import { createPlatformDatabase, type PlatformDatabase } from './platform-database.ts';

/** What each test starts with, made anew before every one of a file that says `useConsumerWorld`. */
export let db: PlatformDatabase;
export let bus = createMemoryBus();
/** What a person was told. */
export let given: GivenUp[] = [];
export let kept = keptLog();
/** The id of each event that was looked at and sent back to come again later, as often as that happened. */
export let sentBack: string[] = [];
const stops: (() => Promise<void>)[] = [];

/** Makes and ends it around each test of the file that calls. */
export function useConsumerWorld(): void {
  beforeEach(async () => {
    db = await createPlatformDatabase();
    bus = createMemoryBus();
    given = [];
    kept = keptLog();
    sentBack = [];
  });
  afterEach(async () => {
    await bus.close();
    for (const stop of stops.splice(0)) await stop();
    await db.drop();
  });
}

type Handle = (tx: SqlTx, event: Envelope) => Promise<void>;

/** Notes each event as `sequence` (and its data's first field). */
export const note: Handle = async (tx, { sequence, data }) => {
  const what = `${sequence} ${String(Object(data.fields)[0] ?? '')}`.trim();
  await tx.$executeRaw`INSERT INTO effect (what) VALUES (${what})`;
};

/** Starts a consumer of `deal.updated`; the returned function stops it. */
export function follow(handle: Handle = note, more: Partial<ConsumersOptions<SqlTx>> = {}): () => Promise<void> {
  const following: Following<SqlTx>[] = [{ publisher: 'deals-svc', handlers: [on(dealUpdated, handle)] }];
  const workers = createConsumers<SqlTx>({
    service: 'test-svc',
    database: db.database,
    log: kept.log,
    following,
    onGivenUp: async (_tx, what) => void given.push(what),
    retryMs: 10,
    ...more,
    bus: watched(more.bus ?? bus),
  });
  const running = runWorkers(workers);
  stops.push(() => running.stop());
  return () => running.stop();
}

function watched(bus: Bus): Bus {
  return {
    ...bus,
    subscribe: (options, handle) =>
      bus.subscribe(options, (delivery) =>
        handle({
          ...delivery,
          async nak(delayMs) {
            await delivery.nak(delayMs);
            sentBack.push(delivery.id);
          },
        }),
      ),
  };
}

export const dealId = '0195d1c0-0000-7000-8000-000000000001';

/** Number `sequence` of the deal's events. */
export function event(sequence: number, more: Partial<Envelope> = {}): Envelope {
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

/** Resolves when the consumer has ended the delivery. */
export const publish = (envelope: Envelope, body = JSON.stringify(envelope)) =>
  bus.publish({ stream: 'deals-svc', subject: envelope.type, id: envelope.id, body });

export const inbox = () =>
  db.query<{ sequence: number; outcome: string; attempts: number; last_error: string | null }>(
    'SELECT sequence::int, outcome, attempts, last_error FROM inbox ORDER BY sequence',
  );
export const cursor = async () =>
  (await db.query<{ n: number }>('SELECT last_sequence::int AS n FROM inbox_cursor WHERE subject = $1', [dealId]))[0]
    ?.n;
export const deadLetters = () =>
  db.query<{ id: string; reason: string; attempts: number; body: string }>(
    'SELECT id, reason, attempts, body FROM dead_letter',
  );
