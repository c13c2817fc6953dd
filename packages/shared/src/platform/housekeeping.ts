import type { Pool } from 'pg';
import type { Database, SqlTx } from './database.ts';
import type { Logger } from './logger.ts';
import { pause, type Worker } from './worker.ts';

/**
 * What is old enough to go. Answers are replayed for 24 hours; outbox rows can be published again for 14 days; of handled
 * events the cursor remains. An event that is still failing and a dead letter stay until somebody has seen to them, the
 * letter for 30 days more.
 */
const sweeps: readonly Sweep[] = [
  { table: 'idempotency', old: "created_at < now() - interval '25 hours'" },
  { table: 'outbox', old: "published_at < now() - interval '14 days'" },
  { table: 'inbox', old: "updated_at < now() - interval '30 days' AND outcome <> 'failing'" },
  { table: 'dead_letter', old: "coalesce(replayed_at, discarded_at) < now() - interval '30 days'" },
];

/** A table, and which of its rows are old: an SQL condition written in the code. */
export type Sweep = { readonly table: string; readonly old: string };

/**
 * Deletes what is old, in small batches, once an hour (`everyMs`) from the start on. Of several replicas one does it, the
 * others pass: they would wait for each other's locks. `more` names what a service has to sweep besides what all have. An
 * error is logged and does not end it.
 */
export function createHousekeeping(options: {
  database: Pick<Database<SqlTx>, 'worker' | 'unlessTaken'>;
  log: Logger;
  more?: readonly Sweep[];
  everyMs?: number;
  batch?: number;
}): Worker {
  const { database, log, more = [], everyMs = 3_600_000, batch = 1_000 } = options;
  const sweepAll = async (signal: AbortSignal) => {
    for (const sweep of [...sweeps, ...more]) {
      try {
        const deleted = await deleteOld(database.worker, sweep, { batch, signal });
        if (deleted > 0) log.info({ table: sweep.table, deleted }, 'old rows deleted');
      } catch (error) {
        log.warn({ err: error, table: sweep.table }, 'old rows not deleted, will try again');
      }
    }
  };
  return {
    name: 'housekeeping',
    async run(signal) {
      while (!signal.aborted) {
        await database
          .unlessTaken('housekeeping', () => sweepAll(signal))
          .catch((error: unknown) => log.warn({ err: error }, 'housekeeping failed, will try again'));
        await pause(everyMs, signal);
      }
    },
  };
}

async function deleteOld(
  pool: Pool,
  { table, old }: Sweep,
  { batch, signal }: { batch: number; signal: AbortSignal },
): Promise<number> {
  let deleted = 0;
  while (!signal.aborted) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${table} WHERE ${old} LIMIT $1 FOR UPDATE SKIP LOCKED))`,
      [batch],
    );
    deleted += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) break;
    // A pause between batches leaves the database to those who are waited for.
    await pause(50, signal);
  }
  return deleted;
}
