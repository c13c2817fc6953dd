import { v7 as uuidv7 } from 'uuid';
import { auditRecorded } from '../contracts/audit.ts';
import type { Publisher } from '../contracts/event.ts';
import { streamOf } from '../contracts/streams.ts';
import type { Bus } from './bus.ts';
import type { Database, SqlTx } from './database.ts';
import type { Logger } from './logger.ts';
import { beginPublishSpan } from './message-spans.ts';
import { type Metrics, noMetrics } from './metrics.ts';
import { claimRows, type FailedRow, markRows, type OutboxRow, releaseRows, renewLeases } from './outbox-rows.ts';
import { createBell, repeat } from './repeat.ts';
import { pause, type Worker } from './worker.ts';

export type OutboxRelayOptions = {
  publisher: Publisher;
  database: Pick<Database<SqlTx>, 'worker' | 'onCommit' | 'claimFacts'>;
  bus: Bus;
  log: Logger;
  metrics?: Metrics | undefined;
  /** How often to look without being woken. Default 500. */
  pollMs?: number;
  /** After how long another relay may take over the rows of one that died. Default 5000. */
  leaseMs?: number;
  /** Rows claimed by one statement. Default 200. */
  batch?: number;
  /** How long `stop` waits for rows in flight. Default 5000. */
  flushMs?: number;
};

/** A row that could not be published waits this long before the next try, doubled each time. */
const retryMs = 100;
const maxRetryMs = 2_000;

/** Many commits at a time are claimed together; one alone is not kept waiting. */
const gapMs = 10;

/**
 * What was published is marked by the next claim, or after so long when none comes. Other relays may wait for it, but not
 * within one process.
 */
const markAfterMs = { network: 20, process: 250 };

/** What is followed in batches leaves in batches: a message alone costs everybody on its way as much as many. */
const inBatches: ReadonlySet<string> = new Set([auditRecorded]);
const batchMs = 100;

/** Rows that wait for what another relay has in hand: it marks them soon, and knows nothing of this one to wake. */
const blockedMs = 10;

/** Rows being published at the same time: so many, because one may take long (see below) and must not stop the others. */
const maxInFlight = 5_000;

/**
 * Publishes what the outbox holds. What this process writes is claimed for the relay as it is written, and published when its
 * transaction has committed. What is left (by a process that died, or without a bus) is claimed with a lease in one statement.
 * Rows are published outside of any transaction and marked once the bus has them; a crash in between publishes a row again,
 * which the inbox notices. A publish can take as long as its slowest subscriber, so many are in flight and their leases are
 * renewed. Any number of relays may share one outbox: the events of a subject are one relay's at a time and leave in their
 * order; behind one that failed none begins to. They may arrive in another; the inbox restores it. Woken by commits that leave facts to be claimed, and by a poll.
 * An error of the database or the bus never ends it.
 */
export function createOutboxRelay(options: OutboxRelayOptions): Worker {
  const { bus, log, publisher, database, metrics = noMetrics } = options;
  const { worker: pool } = database;
  const settings = { pollMs: 500, leaseMs: 5_000, batch: 200, flushMs: 5_000, ...options };
  const relayId = uuidv7();
  const inFlight = new Set<string>();
  const published: { id: string }[] = [];
  const failed: (FailedRow & { lane: string })[] = [];
  /** Lanes with a row that failed and still is this relay's in the database: what comes behind it must not pass it. */
  const held = new Set<string>();
  const bell = createBell();
  const endBell = createBell();
  let waitMs = blockedMs;

  const publish = async ({ id, lane, type, envelope, attempts, republished }: OutboxRow): Promise<void> => {
    const span = beginPublishSpan({ id, type, envelope });
    try {
      // A try again is the same message to the bus; what a person has published again is another one.
      const messageId = republished === 0 ? id : `${id}.${republished}`;
      await bus.publish({ stream: streamOf(publisher, type), subject: type, id: messageId, body: envelope });
      span.end();
      published.push({ id });
    } catch (error) {
      span.end({ error });
      const level = attempts === 3 || attempts % 50 === 0 ? 'warn' : 'debug';
      log[level]({ err: error, event_id: id, type, attempts }, 'event not published yet');
      failed.push({ id, lane, retryMs: Math.min(maxRetryMs, retryMs * 2 ** Math.min(attempts - 1, 10)) });
      held.add(lane);
    }
    endBell.ring();
  };

  const begin = (rows: readonly OutboxRow[]) => {
    for (const row of rows) {
      // A lease that ran out under us: the row is still being published here, and goes on.
      if (inFlight.has(row.id)) continue;
      inFlight.add(row.id);
      if (held.has(row.lane)) failed.push({ id: row.id, lane: row.lane, retryMs });
      else if (inBatches.has(row.type)) gather(row);
      else void publish(row);
    }
  };

  const gathered: OutboxRow[] = [];
  const publishGathered = () => {
    for (const row of gathered.splice(0)) void publish(row);
  };
  const gather = (row: OutboxRow) => {
    if (gathered.push(row) === 1) setTimeout(publishGathered, batchMs);
    else if (gathered.length >= settings.batch) publishGathered();
  };

  const claim = async (): Promise<number> => {
    const limit = Math.min(settings.batch, maxInFlight - inFlight.size);
    if (limit <= 0 || !bus.connected()) return settings.pollMs;
    const { leaseMs } = settings;
    const { rows, more, waited } = await recordedOf(published, (batch) =>
      claimRows(pool, { relayId, limit, leaseMs, published: idsOf(batch) }),
    );
    for (const seconds of waited) metrics.eventPublished(seconds);
    begin(rows);
    if (rows.length === limit) return 0;
    waitMs = more && rows.length === 0 ? waitMs * 2 : blockedMs;
    return more ? Math.min(waitMs, settings.pollMs) : settings.pollMs;
  };

  const recordEnds = async (): Promise<number> => {
    const waited = await recordedOf(published, (batch) => markRows(pool, idsOf(batch)));
    for (const seconds of waited) metrics.eventPublished(seconds);
    await recordedOf(failed, (batch) => releaseRows(pool, { relayId, failed: batch }));
    // From here on the database holds back what comes behind them.
    held.clear();
    for (const { lane } of failed) held.add(lane);
    return published.length + failed.length > 0 ? 0 : 1_000;
  };

  /** Records the end of up to 500 rows; they stay in flight, and in `ends`, when that fails. */
  const recordedOf = async <End extends { id: string }, Result>(
    ends: End[],
    record: (batch: End[]) => Promise<Result>,
  ): Promise<Result> => {
    const batch = ends.splice(0, 500);
    try {
      const result = await record(batch);
      if (inFlight.size >= maxInFlight && batch.length > 0) bell.ring();
      for (const { id } of batch) inFlight.delete(id);
      return result;
    } catch (error) {
      ends.unshift(...batch);
      throw error;
    }
  };

  const renew = async (): Promise<number> => {
    const { leaseMs } = settings;
    if (inFlight.size > 0) await renewLeases(pool, { relayId, ids: [...inFlight], leaseMs });
    return leaseMs / 3;
  };

  return {
    name: `outbox relay of ${publisher}`,
    async run(signal) {
      database.claimFacts(() =>
        bus.connected() && inFlight.size < maxInFlight && !signal.aborted
          ? { relayId, leaseMs: settings.leaseMs }
          : null,
      );
      database.onCommit(({ claimed, open }) => {
        begin(claimed);
        if (open) bell.ring();
      });
      const finished = new AbortController();
      const until = { signal: finished.signal, log };
      const recording = repeat(recordEnds, {
        what: 'outbox relay: marking',
        bell: endBell,
        lingerMs: markAfterMs[bus.reach],
        ...until,
      });
      const renewing = repeat(renew, { what: 'outbox relay: renewing leases', bell: createBell(), ...until });
      await repeat(claim, { what: 'outbox relay: claiming', bell, gapMs, signal, log });
      publishGathered();
      const deadline = Date.now() + settings.flushMs;
      while (inFlight.size > 0 && Date.now() < deadline) await pause(20, new AbortController().signal);
      finished.abort();
      await Promise.all([recording, renewing]);
      await recordEnds().catch((error: unknown) => log.warn({ err: error }, 'outbox rows not marked'));
      // Whoever starts next need not wait for leases to run out. What is in flight here may then be published twice.
      const left = [...inFlight].map((id) => ({ id, retryMs: 0 }));
      await releaseRows(pool, { relayId, failed: left }).catch((error: unknown) =>
        log.warn({ err: error }, 'outbox leases not released'),
      );
    },
  };
}

function idsOf(rows: readonly { id: string }[]): string[] {
  return rows.map(({ id }) => id);
}
