import type { Pool } from 'pg';
import { inOnePacket, unhurried } from './plain-tx.ts';

/** A claimed row of the outbox; `envelope` is its JSON text, `lane` names its tenant and subject: what leaves in an order. */
export type OutboxRow = {
  id: string;
  lane: string;
  type: string;
  envelope: string;
  attempts: number;
  republished: number;
};

/** A row that could not be published, to be tried again after `retryMs`. */
export type FailedRow = { id: string; retryMs: number };

/** The lane of a subject's rows, as `claimRows` gives it. */
export function laneOf(tenantId: string, subject: string): string {
  return `${tenantId} ${subject}`;
}

/** Of a relay: a UUID of its own. */
type Holder = { relayId: string };

const free = 'published_at IS NULL AND (leased_until IS NULL OR leased_until < now())';

/**
 * Claims the oldest unpublished rows that nobody has a lease on. What another relay has in hand, or what waits for its next
 * try, holds back all of its subject: so the events of a subject leave in their order, whichever relays they leave through.
 * Each claim counts as an attempt. `more` says that there are free rows left. What was published meanwhile is marked in the
 * same transaction; `waited` is as `markRows` gives it.
 */
export async function claimRows(
  pool: Pool,
  { relayId, limit, leaseMs, published }: Holder & { limit: number; leaseMs: number; published: readonly string[] },
): Promise<{ rows: OutboxRow[]; more: boolean; waited: number[] }> {
  const [, marked = [], claimed = [], left = []] = await inOnePacket(pool, [
    { text: takeTurn },
    { text: mark, values: [published] },
    { text: claim, values: [limit, leaseMs, relayId] },
    { text: `SELECT FROM outbox WHERE ${free} LIMIT 1` },
  ]);
  // The columns that `claim` returns.
  return { rows: claimed as OutboxRow[], more: left.length > 0, waited: secondsOf(marked) };
}

// Two relays that claim at once do not see each other's leases: they would share out the events of a subject. And a backlog
// comes suddenly: without its statistics the planner would read and sort all of it for each claim.
const takeTurn = `${unhurried}, pg_advisory_xact_lock(hashtextextended('outbox claims', 0)),
  set_config('enable_sort', 'off', true), set_config('enable_bitmapscan', 'off', true)`;

const claim = `
  WITH next AS MATERIALIZED (
    SELECT id FROM outbox
    WHERE ${free} AND (tenant_id, subject) NOT IN (
      SELECT tenant_id, subject FROM outbox
      WHERE published_at IS NULL AND leased_until >= now() AND leased_by IS DISTINCT FROM $3::uuid)
    ORDER BY created_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
  ), claimed AS (
    UPDATE outbox SET leased_until = now() + $2 * interval '1 millisecond', leased_by = $3::uuid, attempts = attempts + 1
    FROM next WHERE outbox.id = next.id
    RETURNING outbox.id, type, envelope, attempts, republished, created_at, tenant_id, subject, sequence
  )
  SELECT id, tenant_id || ' ' || subject AS lane, type, envelope::text AS envelope, attempts, republished FROM claimed
  ORDER BY min(created_at) OVER (PARTITION BY tenant_id, subject), tenant_id, subject, sequence`;

const mark = `
  UPDATE outbox SET published_at = now(), leased_until = NULL, leased_by = NULL
  WHERE id = ANY($1::uuid[]) AND published_at IS NULL
  RETURNING extract(epoch FROM now() - created_at)::float AS waited`;

/** Marks rows as published. Gives how long each had waited, in seconds. */
export async function markRows(pool: Pool, published: readonly string[]): Promise<number[]> {
  if (published.length === 0) return [];
  const [, marked = []] = await inOnePacket(pool, [{ text: unhurried }, { text: mark, values: [published] }]);
  return secondsOf(marked);
}

function secondsOf(marked: object[]): number[] {
  // The column that `mark` returns.
  return (marked as { waited: number }[]).map(({ waited }) => waited);
}

/**
 * Leaves those that were not published to whoever looks after their `retryMs`, all relays alike; until then they hold
 * their successors back. What another relay has taken over is left alone.
 */
export async function releaseRows(
  pool: Pool,
  { relayId, failed }: Holder & { failed: readonly FailedRow[] },
): Promise<void> {
  if (failed.length === 0) return;
  await inOnePacket(pool, [
    { text: unhurried },
    {
      text: `UPDATE outbox SET leased_until = now() + failed.retry_ms * interval '1 millisecond', leased_by = NULL
             FROM unnest($1::uuid[], $2::int[]) AS failed (id, retry_ms)
             WHERE outbox.id = failed.id AND published_at IS NULL AND leased_by = $3::uuid`,
      values: [failed.map(({ id }) => id), failed.map(({ retryMs }) => retryMs), relayId],
    },
  ]);
}

/** Keeps rows that are still being published, except those that another relay has taken over. */
export async function renewLeases(
  pool: Pool,
  { relayId, ids, leaseMs }: Holder & { ids: readonly string[]; leaseMs: number },
): Promise<void> {
  await inOnePacket(pool, [
    { text: unhurried },
    {
      text: `UPDATE outbox SET leased_until = now() + $2 * interval '1 millisecond'
             WHERE id = ANY($1::uuid[]) AND published_at IS NULL AND leased_by = $3::uuid`,
      values: [ids, leaseMs, relayId],
    },
  ]);
}
