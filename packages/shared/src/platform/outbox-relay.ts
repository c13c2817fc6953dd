import type { Publisher } from '../contracts/event.ts';
import type { Bus } from './bus.ts';
import type { Database, SqlTx } from './database.ts';
import type { Logger } from './logger.ts';
import { claimRows, markRows, type OutboxRow, type RowEnd, releaseRows, renewLeases } from './outbox-rows.ts';
import { pause, type Worker } from './worker.ts';

export type OutboxRelayOptions = {
  publisher: Publisher;
  database: Pick<Database<SqlTx>, 'pool' | 'onCommit'>;
  bus: Bus;
  log: Logger;
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
const maxRetryMs = 5_000;

/** Rows being published at the same time: so many, because one may take long (see below) and must not stop the others. */
const maxInFlight = 5_000;

/**
 * Publishes what the outbox holds. Rows are claimed with a lease in one statement, published outside of any transaction,
 * and marked once the bus has them; a crash in between publishes a row again, which the inbox notices. A publish can take
 * as long as its slowest subscriber, so many are in flight and their leases are renewed. Rows leave in the order they were
 * written but may arrive in any; the inbox restores it. Woken by commits that wrote facts, and by a poll. An error of the
 * database or the bus never ends it. Several relays may share one outbox.
 */
export function createOutboxRelay(options: OutboxRelayOptions): Worker {
  const { bus, log, publisher, database } = options;
  const { pool } = database;
  const settings = { pollMs: 500, leaseMs: 5_000, batch: 200, flushMs: 5_000, ...options };
  const inFlight = new Set<string>();
  const ends: RowEnd[] = [];
  const bell = createBell();
  const endBell = createBell();

  const publish = async ({ id, type, envelope, attempts }: OutboxRow): Promise<void> => {
    try {
      await bus.publish({ stream: publisher, subject: type, id, body: envelope });
      ends.push({ id, published: true, retryMs: 0 });
    } catch (error) {
      const level = attempts === 3 || attempts % 50 === 0 ? 'warn' : 'debug';
      log[level]({ err: error, event_id: id, type, attempts }, 'event not published yet');
      ends.push({ id, published: false, retryMs: Math.min(maxRetryMs, retryMs * 2 ** Math.min(attempts - 1, 10)) });
    }
    endBell.ring();
  };

  const claim = async (): Promise<boolean> => {
    const room = Math.min(settings.batch, maxInFlight - inFlight.size);
    if (room <= 0 || !bus.connected()) return false;
    const rows = await claimRows(pool, { limit: room, leaseMs: settings.leaseMs });
    for (const row of rows) {
      // A lease that ran out under us: the row is still being published here, and goes on.
      if (inFlight.has(row.id)) continue;
      inFlight.add(row.id);
      void publish(row);
    }
    return rows.length === room;
  };

  const recordEnds = async (): Promise<boolean> => {
    const batch = ends.slice(0, 500);
    if (batch.length === 0) return false;
    await markRows(pool, batch);
    await releaseRows(pool, batch);
    ends.splice(0, batch.length);
    if (inFlight.size >= maxInFlight) bell.ring();
    for (const { id } of batch) inFlight.delete(id);
    return ends.length > 0;
  };

  const renew = async (): Promise<false> => {
    if (inFlight.size > 0) await renewLeases(pool, { ids: [...inFlight], leaseMs: settings.leaseMs });
    return false;
  };

  return {
    name: `outbox relay of ${publisher}`,
    async run(signal) {
      database.onCommit(({ wroteFacts }) => {
        if (wroteFacts) bell.ring();
      });
      const finished = new AbortController();
      const recording = repeat(recordEnds, {
        what: 'marking',
        bell: endBell,
        everyMs: 1_000,
        signal: finished.signal,
        log,
      });
      const renewing = repeat(renew, {
        what: 'renewing leases',
        bell: createBell(),
        everyMs: settings.leaseMs / 3,
        signal: finished.signal,
        log,
      });
      await repeat(claim, { what: 'claiming', bell, everyMs: settings.pollMs, signal, log });
      const deadline = Date.now() + settings.flushMs;
      while (inFlight.size > 0 && Date.now() < deadline) await pause(20, new AbortController().signal);
      finished.abort();
      await Promise.all([recording, renewing]);
      // Whoever starts next need not wait for leases to run out. What is in flight here may then be published twice.
      const left = [...inFlight].map((id) => ({ id, published: false, retryMs: 0 }));
      await releaseRows(pool, left).catch((error: unknown) => log.warn({ err: error }, 'outbox leases not released'));
    },
  };
}

type Bell = { ring(): void; heard(waitMs: number, signal: AbortSignal): Promise<void> };

/** A ring while nobody listens is heard by the next one who does. */
function createBell(): Bell {
  let rung = false;
  let wake = (): void => undefined;
  return {
    ring() {
      rung = true;
      wake();
    },
    async heard(waitMs, signal) {
      if (!rung && !signal.aborted) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), waitMs);
          wake = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake);
        });
      }
      rung = false;
    },
  };
}

/** Repeats `step` until aborted: at once while it says there is more, else when the bell rings or time is up; after an error later and later. */
async function repeat(
  step: () => Promise<boolean>,
  options: { what: string; bell: Bell; everyMs: number; signal: AbortSignal; log: Logger },
): Promise<void> {
  let failures = 0;
  while (!options.signal.aborted) {
    try {
      const more = await step();
      failures = 0;
      if (!more) await options.bell.heard(options.everyMs, options.signal);
    } catch (error) {
      failures += 1;
      options.log.error({ err: error, failures }, `outbox relay: ${options.what} failed, will try again`);
      await pause(Math.min(10_000, 100 * 2 ** Math.min(failures, 10)), options.signal);
    }
  }
}
