import type { Pool } from 'pg';

/** A claimed row of the outbox; `envelope` is its JSON text. */
export type OutboxRow = { id: string; type: string; envelope: string; attempts: number };

/** How publishing a row ended: published, or to be tried again after `retryMs`. */
export type RowEnd = { id: string; published: boolean; retryMs: number };

/** Claims the oldest unpublished rows that nobody has a lease on. Each claim counts as an attempt. */
export async function claimRows(pool: Pool, options: { limit: number; leaseMs: number }): Promise<OutboxRow[]> {
  const { rows } = await pool.query<OutboxRow>(
    `WITH next AS (
       SELECT id FROM outbox
       WHERE published_at IS NULL AND (leased_until IS NULL OR leased_until < now())
       ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
     ), claimed AS (
       UPDATE outbox SET leased_until = now() + $2 * interval '1 millisecond', attempts = attempts + 1
       FROM next WHERE outbox.id = next.id
       RETURNING outbox.id, type, envelope, attempts, created_at
     )
     SELECT id, type, envelope::text AS envelope, attempts FROM claimed ORDER BY created_at, id`,
    [options.limit, options.leaseMs],
  );
  return rows;
}

/** Marks those that were published. */
export async function markRows(pool: Pool, ends: readonly RowEnd[]): Promise<void> {
  const ids = ends.filter(({ published }) => published).map(({ id }) => id);
  if (ids.length === 0) return;
  await pool.query(
    'UPDATE outbox SET published_at = now(), leased_until = NULL WHERE id = ANY($1::uuid[]) AND published_at IS NULL',
    [ids],
  );
}

/** Leaves those that were not published to whoever looks after their `retryMs`. */
export async function releaseRows(pool: Pool, ends: readonly RowEnd[]): Promise<void> {
  const failed = ends.filter(({ published }) => !published);
  if (failed.length === 0) return;
  await pool.query(
    `UPDATE outbox SET leased_until = now() + failed.retry_ms * interval '1 millisecond'
     FROM unnest($1::uuid[], $2::int[]) AS failed (id, retry_ms)
     WHERE outbox.id = failed.id AND published_at IS NULL`,
    [failed.map(({ id }) => id), failed.map(({ retryMs }) => retryMs)],
  );
}

/** Keeps rows that are still being published. */
export async function renewLeases(pool: Pool, options: { ids: readonly string[]; leaseMs: number }): Promise<void> {
  await pool.query(
    `UPDATE outbox SET leased_until = now() + $2 * interval '1 millisecond'
     WHERE id = ANY($1::uuid[]) AND published_at IS NULL`,
    [options.ids, options.leaseMs],
  );
}
