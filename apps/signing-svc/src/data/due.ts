import { inOnePacket, unhurried } from '@uw-wizard/shared/platform/plain-tx';
import type { Pool } from 'pg';
import { isUuid } from './uuid.ts';

/** An envelope that something is due about. `attempts` counts this one. */
export type DueEnvelope = { tenantId: string; envelopeId: string; attempts: number };

/** A kept event whose envelope the provider is to be asked about. `attempts` counts this one. */
export type DueEvent = { tenantId: string; provider: string; target: string; eventId: string; attempts: number };

export type DueWork = ReturnType<typeof createDueWork>;

/**
 * Work of all tenants that is due. Taking some puts off its next time (a second, then twice as long each time, an hour at
 * most), so that another replica leaves it alone, a crash brings it back and a failure is tried again.
 */
export function createDueWork(pool: Pool) {
  async function take<Row extends object>(text: string, limit: number): Promise<Row[]> {
    const [, taken = []] = await inOnePacket(pool, [{ text: unhurried }, { text, values: [limit] }]);
    // What the statement returns stands where it is written.
    return taken as Row[];
  }

  return {
    async takeEnvelopes(limit: number): Promise<DueEnvelope[]> {
      const rows = await take<{ tenant_id: string; id: string; step_attempts: number }>(
        `UPDATE envelopes e
           SET due_at = now() + make_interval(secs => least(3600, power(2, least(e.step_attempts, 12)))),
             step_attempts = e.step_attempts + 1
         FROM (SELECT id FROM envelopes WHERE due_at <= now() AND (claimed_until IS NULL OR claimed_until < now())
               ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
         WHERE e.id = due.id RETURNING e.tenant_id, e.id, e.step_attempts`,
        limit,
      );
      return rows.map((row) => ({ tenantId: row.tenant_id, envelopeId: row.id, attempts: row.step_attempts }));
    },
    async takeEvents(limit: number): Promise<DueEvent[]> {
      const rows = await take<{
        tenant_id: string;
        provider: string;
        target: string;
        event_id: string;
        attempts: number;
      }>(
        `UPDATE webhook_events e
         SET due_at = now() + make_interval(secs => least(3600, power(2, least(e.attempts, 12)))),
             attempts = e.attempts + 1
         FROM (SELECT tenant_id, provider, target, event_id FROM webhook_events WHERE due_at <= now()
               ORDER BY due_at LIMIT $1 FOR UPDATE SKIP LOCKED) due
         WHERE (e.tenant_id, e.provider, e.target, e.event_id) = (due.tenant_id, due.provider, due.target, due.event_id)
         RETURNING e.tenant_id, e.provider, e.target, e.event_id, e.attempts`,
        limit,
      );
      return rows.map((row) => ({
        tenantId: row.tenant_id,
        provider: row.provider,
        target: row.target,
        eventId: row.event_id,
        attempts: row.attempts,
      }));
    },
    /** Which of `keys` (`tenant/deal/checksum.pdf`) belong to an envelope, of any tenant: looked for among their deals'. */
    async knownFiles(keys: readonly string[]): Promise<Set<string>> {
      const dealIds = [...new Set(keys.map((key) => key.split('/')[1] ?? ''))].filter(isUuid);
      const { rows } = await pool.query<{ key: string }>(
        `SELECT agreement_key AS key FROM envelopes WHERE deal_id = ANY($1) AND agreement_key = ANY($2)
         UNION SELECT signed_key FROM envelopes WHERE deal_id = ANY($1) AND signed_key = ANY($2)`,
        [dealIds, keys],
      );
      return new Set(rows.map(({ key }) => key));
    },
    async envelopesOf(tenantId: string, dealId: string): Promise<string[]> {
      if (!isUuid(dealId)) return [];
      const { rows } = await pool.query<{ id: string }>(
        'SELECT id FROM envelopes WHERE tenant_id = $1 AND deal_id = $2 ORDER BY id',
        [tenantId, dealId],
      );
      return rows.map(({ id }) => id);
    },
  };
}
