import type { Pool } from 'pg';

/** Events by the time they were written at: from `since` on, before `until`. */
export type Span = { since: Date; until: Date };

/** For so long what was published is kept, and can be published again. */
export const keptDays = 14;

// Nothing is published before it is written, which lets the index of the published rows find the first.
const within = 'published_at >= $1 AND created_at >= $1 AND created_at < $2';

/** How many events of `span` have been published and are still kept. */
export async function countPublished(pool: Pool, { since, until }: Span): Promise<number> {
  const { rows } = await pool.query<{ n: number }>(`SELECT count(*)::int AS n FROM outbox WHERE ${within}`, [
    since,
    until,
  ]);
  return rows[0]?.n ?? 0;
}

/**
 * Has the published events of `span` published again by the relay that is running, or is started next; gives their number.
 * Oldest first and in batches, so that nobody has to wait. They go out as new messages: a bus that has had them would
 * drop them, though a consumer that was restored from a backup needs them. Who has handled them notices.
 */
export async function republish(pool: Pool, { since, until }: Span, batch = 1_000): Promise<number> {
  // What the relay publishes while this goes on has been published again already.
  const { rows } = await pool.query<{ begun: string }>('SELECT now()::text AS begun');
  let total = 0;
  for (;;) {
    const { rowCount } = await pool.query(
      `WITH next AS (
         SELECT id FROM outbox WHERE ${within} AND published_at < $3::timestamptz
         ORDER BY created_at, id LIMIT $4 FOR UPDATE
       )
       UPDATE outbox SET published_at = NULL, leased_until = NULL, leased_by = NULL, attempts = 0,
         republished = republished + 1
       FROM next WHERE outbox.id = next.id`,
      [since, until, rows[0]?.begun, batch],
    );
    total += rowCount ?? 0;
    if ((rowCount ?? 0) < batch) return total;
  }
}
