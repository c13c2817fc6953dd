import type { AuditRecord } from './audit-chain.ts';

/** What rows of the audit log are looked for by; what is left out is not asked. */
export type AuditFilter = {
  readonly action?: string | undefined;
  readonly actorId?: string | undefined;
  readonly entityType?: string | undefined;
  readonly entityId?: string | undefined;
  readonly requestId?: string | undefined;
  /** From this time on, and before that one. */
  readonly since?: Date | undefined;
  readonly until?: Date | undefined;
};

/** A row of the audit log as people see it. `seq` counts from 1 per tenant, in the order of arrival. */
export type AuditedRow = Omit<AuditRecord, 'before' | 'after'> & {
  readonly seq: bigint;
  readonly before: unknown;
  readonly after: unknown;
};
