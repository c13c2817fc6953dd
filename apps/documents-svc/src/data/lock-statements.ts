import type { PlainTx } from '@uw-wizard/shared/platform/plain-tx';

/**
 * Puts everything that writes a deal's statements in a row, until `tx` ends. Taken before any row of them, so that two
 * transactions never wait for each other crosswise.
 */
export function lockStatements(tx: PlainTx, tenantId: string, dealId: string): void {
  tx.later(`SELECT pg_advisory_xact_lock(hashtext('statements'), hashtext($1))`, [`${tenantId}/${dealId}`]);
}
