import { columnOf } from '@uw-wizard/shared/platform/plain-table';
import { inPlainTx } from '@uw-wizard/shared/platform/plain-tx';
import type { Pool } from 'pg';
import type { ChainedRecord, Head } from '../domain/audit-chain.ts';
import { auditFields } from './audit-log.ts';

type Row = Omit<ChainedRecord, 'seq'> & { seq: bigint };

const columns = auditFields.map((field) => {
  const column = columnOf(field);
  // As it was written: what the driver makes of JSON is not the text.
  return `${field === 'before' || field === 'after' ? `${column}::text` : column} AS "${field}"`;
});

/** What there is of the audit log, for whoever verifies it. */
export function createAuditVerifyReads(pool: Pool) {
  return {
    /** The tenants that have rows or a head. */
    async tenants(): Promise<string[]> {
      const { rows } = await pool.query<{ tenant_id: string }>(
        'SELECT tenant_id FROM audit_heads UNION SELECT DISTINCT tenant_id FROM audit_log',
      );
      return rows.map(({ tenant_id }) => tenant_id);
    },
    async rowsBehind(tenantId: string, seq: number, limit: number): Promise<ChainedRecord[]> {
      const rows = await inPlainTx(pool, tenantId, (tx) =>
        tx.rows<Row>(
          `SELECT ${columns.join(', ')} FROM audit_log WHERE tenant_id = $1 AND seq > $2 ORDER BY seq LIMIT $3`,
          [tenantId, seq, limit],
        ),
      );
      return rows.map((row) => ({ ...row, seq: Number(row.seq) }));
    },
    /** The head is read last: it is never behind the rows that were added with it. */
    async end(tenantId: string): Promise<{ last: number; head: (Head & { seal: string }) | null }> {
      const [[row], [head]] = await inPlainTx(pool, tenantId, async (tx) => [
        await tx.rows<{ last: bigint | null }>('SELECT max(seq) AS last FROM audit_log WHERE tenant_id = $1', [
          tenantId,
        ]),
        await tx.rows<{ seq: bigint; hmac: string; seal: string }>(
          'SELECT seq, hmac, seal FROM audit_heads WHERE tenant_id = $1',
          [tenantId],
        ),
      ]);
      return { last: Number(row?.last ?? 0), head: head === undefined ? null : { ...head, seq: Number(head.seq) } };
    },
  };
}
