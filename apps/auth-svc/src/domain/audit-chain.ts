import { createHmac, timingSafeEqual } from 'node:crypto';

/** What one row of the audit log says. `before` and `after` are JSON as text. */
export type AuditRecord = {
  readonly id: string;
  readonly at: Date;
  readonly service: string;
  readonly actorKind: string;
  readonly actorId: string;
  readonly actorRole: string | null;
  readonly address: string | null;
  readonly userAgent: string | null;
  readonly requestId: string | null;
  readonly action: string;
  readonly entityType: string;
  readonly entityId: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** A row in its place: the `seq`-th of its tenant, counted from 1. */
export type ChainedRecord = AuditRecord & {
  readonly tenantId: string;
  readonly seq: number;
  readonly previousHmac: string;
  readonly hmac: string;
};

/** Where a chain ends: the number and the HMAC of its last row; 0 and an empty text before there is one. */
export type Head = { readonly seq: number; readonly hmac: string };

/** Keys of the chain, the newest first: it signs, all of them verify. */
export type AuditKeys = readonly [string, ...string[]];

/** Puts records behind `head`, each with the HMAC-SHA256 of itself and of the row before it. */
export function chain(
  key: string,
  tenantId: string,
  head: Head,
  records: readonly AuditRecord[],
): { rows: ChainedRecord[]; head: Head } {
  const rows: ChainedRecord[] = [];
  let last = head;
  for (const record of records) {
    const placed = { ...record, tenantId, seq: last.seq + 1, previousHmac: last.hmac };
    const row = { ...placed, hmac: hmacOf(key, placed) };
    rows.push(row);
    last = row;
  }
  return { rows, head: { seq: last.seq, hmac: last.hmac } };
}

/** Whether one of the keys has signed this row as it stands. */
export function isSound(keys: AuditKeys, row: ChainedRecord): boolean {
  return keys.some((key) => isEqual(row.hmac, hmacOf(key, row)));
}

/** HMAC-SHA256, hex, that says that the chain of a tenant ends here. */
export function sealOf(key: string, tenantId: string, { seq, hmac }: Head): string {
  return sign(key, ['head', tenantId, seq, hmac]);
}

/** Whether one of the keys has signed this head. */
export function isSealed(keys: AuditKeys, tenantId: string, head: Head, seal: string): boolean {
  return keys.some((key) => isEqual(seal, sealOf(key, tenantId, head)));
}

function hmacOf(key: string, row: Omit<ChainedRecord, 'hmac'>): string {
  const { tenantId, seq, id, at, service, actorKind, actorId, actorRole, address, userAgent, requestId } = row;
  const who = [service, actorKind, actorId, actorRole, address, userAgent, requestId];
  const what = [row.action, row.entityType, row.entityId, row.before, row.after];
  return sign(key, ['row', tenantId, seq, id, at.toISOString(), ...who, ...what, row.previousHmac]);
}

/** JSON keeps apart what stands side by side. */
function sign(key: string, parts: readonly (string | number | null)[]): string {
  return createHmac('sha256', key).update(JSON.stringify(parts)).digest('hex');
}

function isEqual(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}
