import type { Pool } from 'pg';
import type { Metrics } from './metrics.ts';

/** How long an answer of the database is given again: several may read the metrics, and often. */
const keptMs = 1_000;

/** Lets `metrics` ask the platform's tables how much lies in them, by one indexed query each. */
export function watchTables(pool: Pool, metrics: Metrics): void {
  metrics.watchOutbox(kept(() => readOutbox(pool)));
  metrics.watchDeadLetters(kept(() => countDeadLetters(pool)));
}

async function readOutbox(pool: Pool): Promise<{ unpublished: number; oldestSeconds: number }> {
  const { rows } = await pool.query<{ unpublished: number; oldest: number }>(
    `SELECT count(*)::int AS unpublished, coalesce(extract(epoch FROM now() - min(created_at)), 0)::float AS oldest
     FROM outbox WHERE published_at IS NULL`,
  );
  return { unpublished: rows[0]?.unpublished ?? 0, oldestSeconds: Math.max(0, rows[0]?.oldest ?? 0) };
}

async function countDeadLetters(pool: Pool): Promise<number> {
  const { rows } = await pool.query<{ open: number }>(
    'SELECT count(*)::int AS open FROM dead_letter WHERE replayed_at IS NULL AND discarded_at IS NULL',
  );
  return rows[0]?.open ?? 0;
}

/** Those who ask while an answer is young, or under way, share it. A failure is kept for nobody. */
function kept<T>(read: () => Promise<T>): () => Promise<T> {
  let answer: { at: number; value: Promise<T> } | undefined;
  return () => {
    if (answer === undefined || performance.now() - answer.at >= keptMs) {
      const value = read();
      answer = { at: performance.now(), value };
      value.catch(() => {
        answer = undefined;
      });
    }
    return answer.value;
  };
}
