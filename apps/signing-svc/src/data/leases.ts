import type { Lease } from '../domain/slot.ts';
import type { Tx } from './database.ts';

/** How long a lease is believed without being renewed, in seconds; a repeat after a crash waits this long at most. */
const leaseSeconds = 4;

/** The leases of envelopes, in one transaction. */
export function createLeases(tx: Tx) {
  return {
    /** Takes a lease. False while somebody else has it. */
    async take({ tenantId, envelopeId, holder }: Lease): Promise<boolean> {
      const taken = await tx.$executeRaw`
        UPDATE envelopes SET claimed_by = ${holder}::uuid, claimed_until = now() + make_interval(secs => ${leaseSeconds})
        WHERE tenant_id = ${tenantId} AND id = ${envelopeId}::uuid AND (claimed_by IS NULL OR claimed_until < now())`;
      return taken === 1;
    },
    /** Only a lease that is still held: one that was let go of while the renewal was on its way stays so. */
    async renew({ tenantId, envelopeId, holder }: Lease): Promise<void> {
      await tx.$executeRaw`
        UPDATE envelopes SET claimed_until = now() + make_interval(secs => ${leaseSeconds})
        WHERE tenant_id = ${tenantId} AND id = ${envelopeId}::uuid AND claimed_by = ${holder}::uuid`;
    },
    async letGo({ tenantId, envelopeId, holder }: Lease): Promise<void> {
      await tx.$executeRaw`
        UPDATE envelopes SET claimed_by = NULL, claimed_until = NULL
        WHERE tenant_id = ${tenantId} AND id = ${envelopeId}::uuid AND claimed_by = ${holder}::uuid`;
    },
  };
}
