import type { Pool } from 'pg';
import type { Head } from '../domain/audit-chain.ts';

/** Where the chains of all tenants end, and how far that is anchored. */
export function createAuditHeads(pool: Pick<Pool, 'query'>) {
  return {
    /** Heads that have moved and were not anchored for an hour, those that waited longest first: at most `limit`. */
    async due(limit: number): Promise<(Head & { tenantId: string })[]> {
      const { rows } = await pool.query<{ tenant_id: string; seq: string; hmac: string }>(
        `SELECT tenant_id, seq, hmac FROM audit_heads
         WHERE seq > anchored_seq AND (anchored_at IS NULL OR anchored_at < now() - interval '1 hour')
         ORDER BY anchored_at NULLS FIRST LIMIT $1`,
        [limit],
      );
      return rows.map(({ tenant_id: tenantId, seq, hmac }) => ({ tenantId, seq: Number(seq), hmac }));
    },
    async noteAnchor(tenantId: string, seq: number): Promise<void> {
      await pool.query('UPDATE audit_heads SET anchored_seq = $2, anchored_at = now() WHERE tenant_id = $1', [
        tenantId,
        seq,
      ]);
    },
  };
}
