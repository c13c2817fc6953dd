import type { Database } from '@uw-wizard/shared/platform/database';
import { columnOf } from '@uw-wizard/shared/platform/plain-table';
import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';
import {
  type AuditKeys,
  type AuditRecord,
  type ChainedRecord,
  chain,
  type Head,
  sealOf,
} from '../domain/audit-chain.ts';

/** A row's columns, by the names of its members. */
export const auditFields = [
  'tenantId',
  'seq',
  'id',
  'at',
  'service',
  'actorKind',
  'actorId',
  'actorRole',
  'address',
  'userAgent',
  'requestId',
  'action',
  'entityType',
  'entityId',
  'before',
  'after',
  'previousHmac',
  'hmac',
] as const;

/** Adds to the chains of tenants. */
export function createAuditLog(database: Pick<Database<PlainTx>, 'withTenant'>, keys: AuditKeys) {
  return {
    /** Puts records behind the tenant's last row, in this order; those that are there already are passed over. */
    async append(tenantId: string, records: readonly AuditRecord[]): Promise<void> {
      await database.withTenant(tenantId, (tx) => append(tx, keys[0], tenantId, records));
    },
  };
}

export async function append(
  tx: PlainTx,
  key: string,
  tenantId: string,
  records: readonly AuditRecord[],
): Promise<void> {
  // The head is locked until commit: a tenant has one chain, however many replicas add to it. What they added is seen by
  // the second statement, which begins when the first has its lock.
  const [[found], present] = await Promise.all([
    tx.rows<{ seq: bigint; hmac: string }>(
      `INSERT INTO audit_heads (tenant_id, seq, hmac, seal) VALUES ($1, 0, '', '')
       ON CONFLICT (tenant_id) DO UPDATE SET seq = audit_heads.seq RETURNING seq, hmac`,
      [tenantId],
    ),
    tx.rows<{ id: string }>('SELECT id FROM audit_log WHERE tenant_id = $1 AND id = ANY($2::uuid[])', [
      tenantId,
      records.map(({ id }) => id),
    ]),
  ]);
  if (found === undefined) throw new Error('the head of the audit log was not given');
  const known = new Set(present.map(({ id }) => id));
  const fresh = records.filter(({ id }) => !known.has(id) && known.add(id));
  if (fresh.length === 0) return;
  const before: Head = { seq: Number(found.seq), hmac: found.hmac };
  const { rows, head } = chain(key, tenantId, before, fresh);
  insert(tx, rows);
  tx.later('UPDATE audit_heads SET seq = $2, hmac = $3, seal = $4 WHERE tenant_id = $1', [
    tenantId,
    head.seq,
    head.hmac,
    sealOf(key, tenantId, head),
  ]);
}

const types: Partial<Record<(typeof auditFields)[number], string>> = {
  seq: 'bigint',
  id: 'uuid',
  at: 'timestamptz',
  before: 'json',
  after: 'json',
};

const names = auditFields.map(columnOf);
const values = auditFields.map((field, at) => `$${at + 1}::${types[field] ?? 'text'}[]`);

/** One text for any number of rows: a list of values for each column. */
const insertAll = `INSERT INTO audit_log (${names.join(', ')}) SELECT * FROM unnest(${values.join(', ')})`;

function insert(tx: PlainTx, rows: readonly ChainedRecord[]): void {
  tx.later(
    insertAll,
    auditFields.map((field) => rows.map((row) => row[field])),
  );
}
