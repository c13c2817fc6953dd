import type { DocumentsTx } from './uploads.store.ts';

/**
 * Puts everything that writes a deal's statements in a row, until `tx` ends. Taken before any row of them, so that two
 * transactions never wait for each other crosswise.
 */
export async function lockStatements(tx: DocumentsTx, tenantId: string, dealId: string): Promise<void> {
  await tx.$executeRaw`SELECT pg_advisory_xact_lock(hashtext('statements'), hashtext(${`${tenantId}/${dealId}`}))`;
}
