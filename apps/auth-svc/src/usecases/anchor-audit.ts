import type { Logger } from '@uw-wizard/shared/platform/logger';
import type { Head } from '../domain/audit-chain.ts';

export type AnchorAuditDeps = {
  auditHeads: {
    /** Heads that have moved and were not anchored for an hour: at most `limit`. */
    due(limit: number): Promise<(Head & { tenantId: string })[]>;
    noteAnchor(tenantId: string, seq: number): Promise<void>;
  };
  anchors: { put(tenantId: string, anchor: Head & { at: string }): Promise<void> };
  clock: () => Date;
  log: Logger;
};

const mostAtOnce = 100;

/**
 * Tells file storage and the log where the chains end that have grown for an hour: what is rewritten or cut off afterwards no
 * longer ends there. Gives whether there may be more. After a crash an anchor may be told twice.
 */
export async function anchorAudit(deps: AnchorAuditDeps): Promise<boolean> {
  const due = await deps.auditHeads.due(mostAtOnce);
  for (const { tenantId, seq, hmac } of due) {
    const at = deps.clock().toISOString();
    await deps.anchors.put(tenantId, { seq, hmac, at });
    deps.log.info({ tenant_id: tenantId, audit_seq: seq, audit_hmac: hmac }, 'audit log anchored');
    await deps.auditHeads.noteAnchor(tenantId, seq);
  }
  return due.length === mostAtOnce;
}
