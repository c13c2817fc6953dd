import type { Pool } from 'pg';
import type { Publisher } from '../contracts/event.ts';
import type { SqlTx } from './database.ts';
import { laterIn } from './later.ts';
import { plainOn } from './plain-tx.ts';

/** What the inbox needs to know of an event, whether or not the rest of it can be read. */
export type EventHead = {
  readonly publisher: Publisher;
  readonly id: string;
  readonly tenantId: string;
  readonly subject: string;
  readonly sequence: number;
};

/** `next`: its turn has come. `done`: it, or its being skipped, is already part of the past. `early`: predecessors are missing. */
export type Place = 'next' | 'done' | 'early';

/**
 * Finds the event's place among those of its publisher and subject, and locks the subject's cursor until commit: whatever
 * number of replicas there is, one event of a subject is handled at a time.
 */
export async function takePlace(tx: SqlTx, { publisher, tenantId, subject, sequence }: EventHead): Promise<Place> {
  const rows = await tx.$queryRaw<{ last_sequence: bigint }[]>`
    INSERT INTO inbox_cursor (publisher, tenant_id, subject, last_sequence)
    VALUES (${publisher}, ${tenantId}, ${subject}, 0)
    ON CONFLICT (publisher, tenant_id, subject) DO UPDATE SET last_sequence = inbox_cursor.last_sequence
    RETURNING last_sequence`;
  const last = Number(rows[0]?.last_sequence ?? 0);
  if (sequence <= last) return 'done';
  return sequence === last + 1 ? 'next' : 'early';
}

/** The event is not the next of its subject, or another has had it. */
export class NotItsTurn extends Error {}

/**
 * Moves the cursor past an event whose turn has come and notes it as handled, so its effect belongs into this transaction.
 * Rejects with NotItsTurn.
 */
export async function takeTurn(tx: SqlTx, head: EventHead): Promise<void> {
  const { publisher, tenantId, subject, sequence } = head;
  const moved = await tx.$queryRaw<{ last_sequence: bigint }[]>`
    WITH moved AS (
      INSERT INTO inbox_cursor (publisher, tenant_id, subject, last_sequence)
      VALUES (${publisher}, ${tenantId}, ${subject}, CASE WHEN ${sequence}::bigint = 1 THEN 1 ELSE 0 END)
      ON CONFLICT (publisher, tenant_id, subject) DO UPDATE SET last_sequence = ${sequence}::bigint
        WHERE inbox_cursor.last_sequence = ${sequence}::bigint - 1
      RETURNING last_sequence
    ), noted AS (
      INSERT INTO inbox (publisher, event_id, tenant_id, subject, sequence, outcome)
      SELECT ${publisher}, ${head.id}::uuid, ${tenantId}, ${subject}, ${sequence}::bigint, 'handled'
      FROM moved WHERE last_sequence = ${sequence}::bigint
      ON CONFLICT (publisher, event_id) DO UPDATE SET outcome = 'handled', last_error = NULL, updated_at = now()
    )
    SELECT last_sequence FROM moved`;
  if (Number(moved[0]?.last_sequence) !== sequence) throw new NotItsTurn('there are others before it, or it has been');
}

/**
 * Takes the turn of an event that has no effect here, and notes its time as one that is known: one statement, in one packet
 * with the transaction of its tenant. Most of what a service follows is not for it.
 */
export async function passOver(
  pool: Pool,
  { publisher, tenantId, subject, sequence }: EventHead,
  time: string,
): Promise<Place> {
  const sql = plainOn(pool, tenantId);
  const moved = await sql.$queryRaw<object[]>`
    WITH moved AS (
      INSERT INTO inbox_cursor (publisher, tenant_id, subject, last_sequence)
      SELECT ${publisher}, ${tenantId}, ${subject}, ${sequence}::bigint
      WHERE ${sequence}::bigint = 1 OR EXISTS (
        SELECT FROM inbox_cursor WHERE publisher = ${publisher} AND tenant_id = ${tenantId} AND subject = ${subject})
      ON CONFLICT (publisher, tenant_id, subject) DO UPDATE SET last_sequence = excluded.last_sequence
        WHERE inbox_cursor.last_sequence = excluded.last_sequence - 1
      RETURNING tenant_id, subject
    ), known AS (
      INSERT INTO outbox_clock (tenant_id, subject, last_time)
      SELECT tenant_id, subject, ${time}::timestamptz FROM moved
      ON CONFLICT (tenant_id, subject) DO UPDATE SET last_time = excluded.last_time
        WHERE outbox_clock.last_time < excluded.last_time
    )
    SELECT FROM moved`;
  if (moved.length > 0) return 'next';
  const rows = await sql.$queryRaw<{ last_sequence: bigint }[]>`
    SELECT last_sequence FROM inbox_cursor
    WHERE publisher = ${publisher} AND tenant_id = ${tenantId} AND subject = ${subject}`;
  return sequence <= Number(rows[0]?.last_sequence ?? 0) ? 'done' : 'early';
}

/** Moves the cursor past the event: its successor is next. */
export async function advance(tx: SqlTx, { publisher, tenantId, subject, sequence }: EventHead): Promise<void> {
  await laterIn(tx)`
    UPDATE inbox_cursor SET last_sequence = ${sequence}
    WHERE publisher = ${publisher} AND tenant_id = ${tenantId} AND subject = ${subject}`;
}

/** Notes how handling the event ended, when it is not as `takeTurn` has noted. */
export async function recordOutcome(
  tx: SqlTx,
  head: EventHead,
  outcome: 'handled' | 'refused' | 'dead',
  lastError: string | null = null,
): Promise<void> {
  await laterIn(tx)`
    INSERT INTO inbox (publisher, event_id, tenant_id, subject, sequence, outcome, last_error)
    VALUES (${head.publisher}, ${head.id}::uuid, ${head.tenantId}, ${head.subject}, ${head.sequence}, ${outcome}, ${lastError})
    ON CONFLICT (publisher, event_id) DO UPDATE
      SET outcome = excluded.outcome, last_error = excluded.last_error, updated_at = now()`;
}

/** Counts a failed try and returns how many there have been, this one included. */
export async function countFailure(tx: SqlTx, head: EventHead, lastError: string): Promise<number> {
  const rows = await tx.$queryRaw<{ attempts: number }[]>`
    INSERT INTO inbox (publisher, event_id, tenant_id, subject, sequence, outcome, last_error)
    VALUES (${head.publisher}, ${head.id}::uuid, ${head.tenantId}, ${head.subject}, ${head.sequence}, 'failing', ${lastError})
    ON CONFLICT (publisher, event_id) DO UPDATE
      SET attempts = inbox.attempts + 1, last_error = excluded.last_error, updated_at = now()
    RETURNING attempts`;
  return rows[0]?.attempts ?? 1;
}

/**
 * Notes that the event has waited too long for its predecessors. True for the first such note about its subject, whoever
 * made it, so that a person hears of a gap once; a restart or a second replica does not tell it again.
 */
export async function noteGap(tx: SqlTx, head: EventHead): Promise<boolean> {
  const noted = await tx.$executeRaw`
    INSERT INTO inbox (publisher, event_id, tenant_id, subject, sequence, outcome, attempts, last_error)
    SELECT ${head.publisher}, ${head.id}::uuid, ${head.tenantId}, ${head.subject}, ${head.sequence}, 'failing', 0, 'early'
    WHERE NOT EXISTS (
      SELECT 1 FROM inbox WHERE publisher = ${head.publisher} AND tenant_id = ${head.tenantId}
        AND subject = ${head.subject} AND outcome = 'failing' AND last_error = 'early')
    ON CONFLICT (publisher, event_id) DO NOTHING`;
  return noted > 0;
}
