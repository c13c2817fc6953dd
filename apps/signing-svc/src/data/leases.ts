import { type PlainTx, unhurried } from '@uw-wizard/shared/platform/plain-tx';
import type { Lease } from '../domain/slot.ts';

/** How long a lease is believed without being renewed, in seconds; a repeat after a crash waits this long at most. */
const leaseSeconds = 4;

/** The leases of envelopes, in one transaction. */
export function createLeases(tx: PlainTx) {
  return {
    /** For a transaction about leases alone, which does not wait for the disk: one that a crash takes back has run out. */
    unhurried(): void {
      tx.later(unhurried);
    },
    /** Takes a lease. False while somebody else has it. */
    async take({ tenantId, envelopeId, holder }: Lease): Promise<boolean> {
      const taken = await tx.run(
        `UPDATE envelopes SET claimed_by = $3, claimed_until = now() + make_interval(secs => $4)
         WHERE tenant_id = $1 AND id = $2 AND (claimed_by IS NULL OR claimed_until < now())`,
        [tenantId, envelopeId, holder, leaseSeconds],
      );
      return taken === 1;
    },
    /** Only a lease that is still held: one that was let go of while the renewal was on its way stays so. */
    async renew({ tenantId, envelopeId, holder }: Lease): Promise<void> {
      tx.later(
        `UPDATE envelopes SET claimed_until = now() + make_interval(secs => $4)
         WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3`,
        [tenantId, envelopeId, holder, leaseSeconds],
      );
    },
    async letGo({ tenantId, envelopeId, holder }: Lease): Promise<void> {
      tx.later(
        `UPDATE envelopes SET claimed_by = NULL, claimed_until = NULL
         WHERE tenant_id = $1 AND id = $2 AND claimed_by = $3`,
        [tenantId, envelopeId, holder],
      );
    },
  };
}
