import type { SqlTx } from './database.ts';
import { laterIn } from './later.ts';

type Observed = { readonly tenantId: string; readonly subject: string; readonly timeMs: number };

/**
 * Times of foreign events that a transaction knows of and has not stored yet. They are stored when a fact is written or
 * at the end: were the clock's row locked where the time is learned, one transaction would lock clock, then deal, and
 * another deal, then clock.
 */
const pending = new WeakMap<SqlTx, Map<string, Observed>>();

function keyOf(tenantId: string, subject: string): string {
  return JSON.stringify([tenantId, subject]);
}

/** Notes that an event of `subject` at `timeMs` (Unix time) is known in `tx`. */
export function noteObserved(tx: SqlTx, observed: Observed): void {
  const noted = pending.get(tx) ?? new Map<string, Observed>();
  pending.set(tx, noted);
  const key = keyOf(observed.tenantId, observed.subject);
  const before = noted.get(key);
  if (before === undefined || before.timeMs < observed.timeMs) noted.set(key, observed);
}

/** The newest time noted in `tx` about `subject`, as Unix time. */
export function observedIn(tx: SqlTx, tenantId: string, subject: string): number | undefined {
  return pending.get(tx)?.get(keyOf(tenantId, subject))?.timeMs;
}

/** Forgets what was noted about `subject`: a newer time has been stored. */
export function forgetObserved(tx: SqlTx, tenantId: string, subject: string): void {
  pending.get(tx)?.delete(keyOf(tenantId, subject));
}

/** Stores what was noted in `tx`, as the last thing before its commit. */
export async function storeObserved(tx: SqlTx): Promise<void> {
  const noted = [...(pending.get(tx) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1));
  pending.delete(tx);
  for (const [, { tenantId, subject, timeMs }] of noted) {
    await laterIn(tx)`
      INSERT INTO outbox_clock (tenant_id, subject, last_time)
      VALUES (${tenantId}, ${subject}, ${new Date(timeMs).toISOString()}::timestamptz)
      ON CONFLICT (tenant_id, subject) DO UPDATE SET last_time = excluded.last_time
        WHERE outbox_clock.last_time < excluded.last_time`;
  }
}
